package io.connpool.internal;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** What happened: the last lines in words, and all of it as one number. */
final class FuzzTrace {
  private static final int KEPT = 160;

  private final Deque<String> lines = new ArrayDeque<>();
  private @Nullable FuzzWorld world;
  private long digest = 1;

  /** From now on lines carry this world's step and time. */
  void attach(FuzzWorld to) {
    world = to;
  }

  void add(String line) {
    FuzzWorld here = world;
    String full =
        here == null ? line : here.step() + "  " + Nanos.text(here.elapsed()) + "  " + line;
    digest = digest * 31 + full.hashCode();
    if (lines.size() == KEPT) {
      lines.removeFirst();
    }
    lines.addLast(full);
  }

  /** Equal for two runs in which the same happened. */
  long digest() {
    return digest;
  }

  String tail() {
    return String.join("\n", lines);
  }
}
