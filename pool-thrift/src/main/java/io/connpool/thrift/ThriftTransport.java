package io.connpool.thrift;

import io.connpool.Action;
import io.connpool.CloseReason;
import io.connpool.DialContext;
import io.connpool.Health;
import io.connpool.Transport;
import io.connpool.Verdict;
import io.connpool.net.Deadline;
import io.connpool.net.Wire;
import java.io.IOException;
import java.time.Duration;
import org.apache.thrift.TException;
import org.jspecify.annotations.Nullable;

/** What a pool must know about Thrift connections. */
final class ThriftTransport implements Transport<ThriftConnection> {
  /** Opens the wire of a connection, its TLS handshake included. */
  @FunctionalInterface
  interface Opener {
    Wire open(Deadline deadline) throws IOException;
  }

  private final String endpoint;
  private final Opener opener;
  private final Dialect dialect;
  private final long probeAfter;
  private final @Nullable Action<? super Conversation, ?> heartbeat;

  /** The last time a connection was ended by the server; all older ones are suspect since. */
  private volatile long suspectSince = System.nanoTime();

  ThriftTransport(
      String endpoint,
      Opener opener,
      Dialect dialect,
      Duration probeAfter,
      @Nullable Action<? super Conversation, ?> heartbeat) {
    this.endpoint = endpoint;
    this.opener = opener;
    this.dialect = dialect;
    this.probeAfter = probeAfter.toNanos();
    this.heartbeat = heartbeat;
  }

  @Override
  public ThriftConnection dial(DialContext context) throws IOException, TException {
    Deadline deadline = Deadline.of(context);
    return ThriftConnection.over(opener.open(deadline), dialect, endpoint, deadline);
  }

  @Override
  public void heartbeat(ThriftConnection connection, Duration limit) throws Exception {
    if (heartbeat != null) {
      connection.begin(Deadline.after(limit));
      try {
        heartbeat.with(connection);
      } finally {
        connection.end();
      }
      Health health = connection.settle();
      if (health != Health.CLEAN) {
        throw new TException("the heartbeat left the connection to " + endpoint + " " + health);
      }
    }
  }

  @Override
  public Health probe(ThriftConnection connection) {
    Health health = connection.look(probeAfter, suspectSince);
    if (health == Health.STALE) {
      suspectAll();
    }
    return health;
  }

  @Override
  public Health onRelease(ThriftConnection connection) {
    Health health = connection.settle();
    if (health == Health.STALE) {
      suspectAll();
    }
    return health;
  }

  /** A server that ended one connection has probably ended the others too. */
  private void suspectAll() {
    suspectSince = System.nanoTime();
  }

  @Override
  public Verdict classify(ThriftConnection connection, Throwable failure) {
    if (connection.state().isSound()) {
      return Verdict.KEEP;
    }
    if (connection.state().isPeerGone()) {
      suspectAll();
    }
    Verdict.Retry retry =
        failure instanceof ThriftCallException call ? call.retry() : Verdict.Retry.MAYBE_SENT;
    return new Verdict(Verdict.Fate.CLOSE, retry, Verdict.Blame.ENDPOINT);
  }

  @Override
  public void close(ThriftConnection connection, CloseReason reason) throws IOException {
    connection.close();
  }
}
