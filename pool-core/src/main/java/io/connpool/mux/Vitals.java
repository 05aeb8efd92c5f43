package io.connpool.mux;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Watches whether the peer is alive: it must say HELLO in time, take bytes while there are some,
 * finish what it has begun to send, and give a sign of life now and then. Asked at every tick, by
 * the loop.
 */
final class Vitals {
  private final MuxOptions options;
  private final Inbox inbox;
  private final LongSupplier written;
  private final long began;

  private boolean open;
  private boolean blocked;
  private long progressAt;
  private long writtenThen;
  private boolean pinged;
  private long pingedAt;

  Vitals(MuxOptions options, Inbox inbox, LongSupplier written, long began) {
    this.options = options;
    this.inbox = inbox;
    this.written = written;
    this.began = began;
  }

  void helloReceived() {
    open = true;
  }

  /** The channel takes no more bytes. */
  void blocked(long now) {
    blocked = true;
    progressAt = now;
    writtenThen = written.getAsLong();
  }

  void unblocked() {
    blocked = false;
  }

  boolean isBlocked() {
    return blocked;
  }

  /** What is wrong with the peer, or null. */
  @Nullable String complaint(long now) {
    if (!open) {
      return now - began > options.handshakeTimeout().toNanos()
          ? "the peer has not said HELLO within " + options.handshakeTimeout()
          : null;
    }
    if (blocked && writtenThen != written.getAsLong()) {
      blocked(now);
    }
    if (blocked && now - progressAt > options.writeStallTimeout().toNanos()) {
      return "the peer has taken no byte for " + options.writeStallTimeout();
    }
    if (inbox.isStuck(now, options.frameTimeout().toNanos())) {
      return "the peer has not finished a message for " + options.frameTimeout();
    }
    if (pinged && inbox.lastRead() - pingedAt > 0) {
      pinged = false;
    }
    return pinged && now - pingedAt > options.pingTimeout().toNanos()
        ? "the peer has given no sign of life for " + options.pingTimeout()
        : null;
  }

  /** Whether to send a PING now; any byte that comes counts as its answer. */
  boolean isPingDue(long now) {
    if (!open || pinged || now - inbox.lastRead() <= options.pingAfter().toNanos()) {
      return false;
    }
    pinged = true;
    pingedAt = now;
    return true;
  }
}
