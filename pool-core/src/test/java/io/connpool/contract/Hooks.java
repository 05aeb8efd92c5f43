package io.connpool.contract;

import io.connpool.CloseReason;
import io.connpool.DialContext;
import io.connpool.Health;
import io.connpool.Transport;
import io.connpool.Verdict;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/** The world's transport, with every hook open to the test. Hooks may be changed at any time. */
final class Hooks implements Transport<FakeConn> {
  private final FakeTransport transport;
  volatile Consumer<DialContext> beforeDial = context -> {};
  volatile Consumer<FakeConn> beforeHeartbeat = connection -> {};
  volatile Consumer<FakeConn> beforeClose = connection -> {};
  volatile Function<FakeConn, Health> probe;
  volatile Function<FakeConn, Health> onAcquire = connection -> Health.UNKNOWN;
  volatile Function<FakeConn, Health> onRelease;
  volatile BiFunction<FakeConn, Throwable, Verdict> classify;

  /** Asked of a new connection after every look at it, and before anybody can have it. */
  volatile ToIntFunction<FakeConn> growAt = connection -> Integer.MAX_VALUE;

  Hooks(FakeTransport transport) {
    this.transport = transport;
    probe = transport::probe;
    onRelease = transport::onRelease;
    classify = transport::classify;
  }

  @Override
  public FakeConn dial(DialContext context) throws Exception {
    beforeDial.accept(context);
    return transport.dial(context);
  }

  @Override
  public void heartbeat(FakeConn connection, Duration limit) throws Exception {
    beforeHeartbeat.accept(connection);
    transport.heartbeat(connection, limit);
  }

  @Override
  public void close(FakeConn connection, CloseReason reason) throws Exception {
    beforeClose.accept(connection);
    transport.close(connection, reason);
  }

  @Override
  public Health probe(FakeConn connection) {
    return probe.apply(connection);
  }

  @Override
  public Health onAcquire(FakeConn connection) {
    return onAcquire.apply(connection);
  }

  @Override
  public Health onRelease(FakeConn connection) {
    return onRelease.apply(connection);
  }

  @Override
  public int capacity(FakeConn connection) {
    return transport.capacity(connection);
  }

  @Override
  public int growAt(FakeConn connection) {
    return growAt.applyAsInt(connection);
  }

  @Override
  public Verdict classify(FakeConn connection, Throwable failure) {
    return classify.apply(connection, failure);
  }
}
