package io.connpool.tcp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.connpool.CloseReason;
import io.connpool.ConnSignals;
import io.connpool.DialContext;
import io.connpool.Health;
import io.connpool.Transport;
import io.connpool.Verdict;
import io.connpool.Verdict.Retry;
import io.connpool.net.Deadline;
import io.connpool.net.DnsWatch;
import io.connpool.net.Wire;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What a pool must know about TCP connections. */
final class TcpTransport implements Transport<TcpConn> {
  private static final Logger LOG = System.getLogger("io.connpool");

  private final TcpSettings settings;
  private final @Nullable DnsWatch dns;
  private final Map<TcpConn, DnsWatch.Watched> watched = new ConcurrentHashMap<>();
  private volatile @Nullable String lastWords;

  TcpTransport(TcpSettings settings) {
    this.settings = settings;
    dns = settings.dnsWatch();
  }

  /** What the latest dirty connection had to say. */
  Optional<String> lastWords() {
    return Optional.ofNullable(lastWords);
  }

  ByteBuffer[] frame(ByteBuffer message) {
    return settings.framing().frame(message);
  }

  @Override
  public TcpConn dial(DialContext context) throws Exception {
    TcpConn conn = open(Deadline.of(context));
    watch(conn, context.signals());
    return conn;
  }

  /** A connection for somebody who may be no pool. */
  TcpConn open(Deadline deadline) throws IOException {
    return opened(deadline, Link::greet);
  }

  /** As {@link #open}, for a peer that may go on talking after the greeting. */
  TcpConn openTalkative(Deadline deadline) throws IOException {
    return opened(deadline, Link::greetOnly);
  }

  /** What is done with a link that is new. */
  @FunctionalInterface
  private interface FirstUse {
    void of(Link link) throws IOException;
  }

  private TcpConn opened(Deadline deadline, FirstUse first) throws IOException {
    Wire wire = settings.open(deadline);
    TcpConn conn = new TcpConn(new Link(wire), settings.framing(), settings.timeout());
    TcpPoolBuilder.Greeting hello = settings.greeting();
    conn.link()
        .replaceableBy(
            limit -> reopened(conn, limit),
            settings.retry(),
            hello == null
                ? null
                : () -> {
                  hello.greet(conn);
                  return true;
                });
    try {
      first.of(conn.link());
      return conn;
    } catch (Throwable failure) {
      abortAfter(failure, conn);
      throw failure;
    }
  }

  private static void abortAfter(Throwable failure, TcpConn conn) {
    try {
      conn.link().abort();
    } catch (IOException alsoFailed) {
      failure.addSuppressed(alsoFailed);
    }
  }

  private void watch(TcpConn conn, ConnSignals signals) {
    if (dns != null && conn.remoteAddress() instanceof InetSocketAddress remote) {
      watched.put(conn, dns.watch(remote, signals));
    }
  }

  /** A new wire for a connection that was stale. Where it leads may have changed. */
  private Wire reopened(TcpConn conn, Deadline deadline) throws IOException {
    Wire wire = settings.open(deadline);
    watched.computeIfPresent(
        conn,
        (same, before) ->
            wire.remoteAddress() instanceof InetSocketAddress remote
                ? before.movedTo(remote)
                : before);
    return wire;
  }

  @Override
  public void close(TcpConn conn, CloseReason reason) throws Exception {
    DnsWatch.Watched watching = watched.remove(conn);
    if (watching != null) {
      watching.forget();
    }
    switch (reason) {
      // In doubt: nothing it could still say is worth waiting for.
      case STALE, DIRTY, INVALIDATED, DEAD, HEARTBEAT, LATE, LEAKED -> conn.link().abort();
      default -> conn.link().close();
    }
  }

  @Override
  public Health probe(TcpConn conn) {
    if (dns != null) {
      dns.lookIfDue();
    }
    Health seen = conn.link().look(settings.probeAfterNanos());
    if (seen == Health.DIRTY) {
      String words = conn.link().lastWords();
      lastWords = words;
      LOG.log(
          Level.DEBUG,
          () -> conn + " was idle and is closed, because it had something to say: " + words);
    }
    return seen;
  }

  @Override
  public byte[] lastWords(TcpConn conn) {
    return conn.link().lastWords().getBytes(ISO_8859_1);
  }

  @Override
  public Health onAcquire(TcpConn conn) {
    conn.link().leased();
    return Health.CLEAN;
  }

  @Override
  public Health onRelease(TcpConn conn) {
    return conn.link().released(settings.drain());
  }

  /** By what is known about the connection, and only then by the type of what was thrown. */
  @Override
  public Verdict classify(TcpConn conn, Throwable failure) {
    if (conn.isPristine() && !(failure instanceof Error)) {
      return Verdict.KEEP; // the connection is not what failed
    }
    Verdict byType = Verdict.of(failure);
    return byType.retry() == Retry.MAYBE_SENT && conn.link().nothingWritten()
        ? new Verdict(byType.fate(), Retry.NOT_SENT, byType.blame())
        : byType;
  }
}
