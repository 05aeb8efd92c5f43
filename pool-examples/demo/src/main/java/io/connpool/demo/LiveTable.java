package io.connpool.demo;

import io.connpool.PoolStats;
import java.io.Console;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** For terminals: a table that is painted over itself, with what happened and how it went on. */
final class LiveTable implements Screen {

  /** Often enough to look alive, seldom enough to be read. */
  private static final Duration PACE = Duration.ofMillis(250);

  /** Columns of the narrowest terminal. */
  private static final int WIDTH = 80;

  /** As many looks as fit beside the names. */
  private static final int HISTORY = 72;

  private static final int BAR = 50;

  private static final int EVENTS = 12;

  private static final String HIDE_CURSOR = "\033[?25l";
  private static final String SHOW_CURSOR = "\033[?25h";
  private static final String UP_LINES = "\r\033[%dA";
  private static final String CLEAR_TO_END_OF_LINE = "\033[K";
  private static final String BOLD = "\033[1m";
  private static final String DIM = "\033[2m";
  private static final String RED = "\033[1;31m";
  private static final String GREEN = "\033[32m";
  private static final String PLAIN = "\033[0m";

  private final Console console;
  private final String title;
  private final Duration length;
  private final String levels;
  private final Map<String, Deque<Long>> histories = new TreeMap<>();
  private final Deque<String> events = new ArrayDeque<>();
  private Duration lastShown = Duration.ZERO;
  private int linesPainted;

  LiveTable(Console console, String title, Duration length) {
    this.console = console;
    this.title = title;
    this.length = length;
    String blocks = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588";
    levels = console.charset().newEncoder().canEncode(blocks) ? blocks : " .:-=+*#@";
    console.writer().print(HIDE_CURSOR);
  }

  @Override
  public Duration pace() {
    return PACE;
  }

  @Override
  public synchronized void announce(Duration elapsed, String event) {
    String margin = Text.seconds(elapsed) + "  ";
    // One that went over the edge would take two lines, and the next frame would miss one.
    for (String line : Text.wrapped(event, WIDTH - margin.length())) {
      events.addLast(margin + line);
      margin = " ".repeat(margin.length());
    }
    while (events.size() > EVENTS) {
      events.removeFirst();
    }
  }

  @Override
  public synchronized void show(Duration elapsed, List<Lane.Look> lanes) {
    Duration interval = elapsed.minus(lastShown);
    lastShown = elapsed;
    StringBuilder frame = new StringBuilder();
    if (linesPainted > 0) {
      frame.append(Text.format(UP_LINES, linesPainted));
    }
    linesPainted = 0;
    line(frame, BOLD + title + PLAIN);
    line(frame, DIM + progress(elapsed) + PLAIN);
    line(frame, "");
    line(
        frame,
        DIM
            + "pool    server   total  idle  leased  pending  dialing   calls/s  failed        p99"
            + PLAIN);
    for (Lane.Look lane : lanes) {
      line(frame, row(lane, interval));
    }
    line(frame, "");
    for (Lane.Look lane : lanes) {
      line(frame, Text.format("%-6s  ", lane.name()) + DIM + history(lane) + PLAIN);
    }
    line(frame, "");
    for (String event : events) {
      line(frame, event);
    }
    console.writer().print(frame);
    console.writer().flush();
  }

  private void line(StringBuilder frame, String text) {
    frame.append(text).append(CLEAR_TO_END_OF_LINE).append('\n');
    linesPainted++;
  }

  private String progress(Duration elapsed) {
    double part = Math.min(1, (double) elapsed.toMillis() / length.toMillis());
    int full = (int) Math.round(part * BAR);
    return "[%s%s] %s of %s"
        .formatted(
            "=".repeat(full),
            " ".repeat(BAR - full),
            Text.seconds(elapsed),
            Text.seconds(length).strip());
  }

  private static String row(Lane.Look lane, Duration interval) {
    PoolStats pool = lane.pool();
    return Text.format("%-6s  ", lane.name())
        + (lane.server() == ServerProcess.Condition.UP ? GREEN : RED)
        + Text.format("%-7s", lane.server().name().toLowerCase(Locale.ROOT))
        + PLAIN
        + Text.format(
            "  %5d  %4d  %6d  %7d  %7d  %8s  %6s  %9s",
            pool.total(),
            pool.idle(),
            pool.leased(),
            pool.pending(),
            pool.dialing(),
            Text.perSecond(lane.answered().count(), interval),
            Text.count(lane.failed()),
            Text.latency(lane.answered(), lane.answered().p99Millis()));
  }

  /** The exchanges of the last looks as a skyline. */
  private String history(Lane.Look lane) {
    Deque<Long> history = histories.computeIfAbsent(lane.name(), name -> new ArrayDeque<>());
    history.addLast(lane.answered().count());
    if (history.size() > HISTORY) {
      history.removeFirst();
    }
    long highest = Math.max(1, history.stream().mapToLong(Long::longValue).max().orElse(1));
    StringBuilder skyline = new StringBuilder();
    for (long count : history) {
      long level = (count * (levels.length() - 1) + highest - 1) / highest;
      skyline.append(levels.charAt((int) level));
    }
    return skyline.toString();
  }

  @Override
  public synchronized void close() {
    console.writer().print(SHOW_CURSOR);
    console.writer().flush();
  }
}
