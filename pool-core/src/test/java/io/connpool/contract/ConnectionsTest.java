package io.connpool.contract;

import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.connpool.ConnPool;
import io.connpool.ConnectionStats;
import io.connpool.ConnectionStats.State;
import io.connpool.Lease;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import io.connpool.testkit.PoolWorld;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A pool shows its connections one by one. */
@Timeout(60)
final class ConnectionsTest {
  @RegisterExtension final PoolWorld exclusive = PoolWorld.exclusive();
  @RegisterExtension final PoolWorld shared = PoolWorld.shared(3);

  private static ConnectionStats alive(long number, State state, int leases, Duration age) {
    return new ConnectionStats(number, state, leases, false, age);
  }

  @Test
  void eachIsListedFromTheEndOfItsDialToItsClose() throws Exception {
    ConnPool<FakeConn> pool = exclusive.pool(b -> b.maxActive(2));
    assertEquals(List.of(), pool.connections());

    Lease<FakeConn> first = pool.acquire();
    exclusive.clock().advance(Duration.ofMillis(300));
    Lease<FakeConn> second = pool.acquire();
    first.close();

    assertEquals(
        List.of(
            alive(1, State.IDLE, 0, Duration.ofMillis(300)),
            alive(2, State.LEASED, 1, Duration.ZERO)),
        pool.connections());
    second.invalidate();
    assertEquals(List.of(alive(1, State.IDLE, 0, Duration.ofMillis(300))), pool.connections());
  }

  @Test
  void whatIsBeingDialedIsNotListedAndTakesItsNumberWithItIfItFails() throws Exception {
    exclusive.transport().next(Function.DIAL, Step.THROW);
    ConnPool<FakeConn> pool = exclusive.pool(b -> b.maxActive(1).dialAttempts(1));
    assertThrows(Exception.class, pool::acquire);

    exclusive.transport().always(Function.DIAL, Step.HANG_DEAF);
    CompletableFuture<Lease<FakeConn>> lease = pool.acquireAsync();
    exclusive.advanceUntil( // past the pause after a failure
        Duration.ofMillis(100), Duration.ofSeconds(1), () -> exclusive.transport().dialing() == 1);
    assertEquals(List.of(), pool.connections());

    exclusive.transport().releaseAll();
    PoolWorld.outcome(lease);
    assertEquals(List.of(2L), pool.connections().stream().map(ConnectionStats::number).toList());
  }

  @Test
  void whatIsParkedIsIdleAndWhatHasAHeartbeatIsBeingChecked() throws Exception {
    ConnPool<FakeConn> pool = exclusive.pool(b -> b.maxActive(1));
    pool.acquire().close();
    exclusive.clock().advance(Duration.ofSeconds(3));
    assertEquals(List.of(alive(1, State.IDLE, 0, Duration.ofSeconds(3))), pool.connections());

    exclusive.transport().always(Function.HEARTBEAT, Step.HANG_DEAF);
    pool.suspectAll();
    CompletableFuture<Lease<FakeConn>> lease = pool.acquireAsync();
    eventually(
        () -> "checked: " + pool.connections(),
        () ->
            pool.connections().equals(List.of(alive(1, State.CHECKING, 0, Duration.ofSeconds(3)))));
    exclusive.transport().releaseAll();
    PoolWorld.outcome(lease).close();
  }

  @Test
  void whatIsClosedWhenItComesBackIsRetiring() throws Exception {
    ConnPool<FakeConn> pool = exclusive.pool(b -> b.maxActive(1));
    Lease<FakeConn> lease = pool.acquire();
    pool.evictAll();

    assertEquals(
        List.of(new ConnectionStats(1, State.LEASED, 1, true, Duration.ZERO)), pool.connections());
    lease.close();
  }

  @Test
  void aSharedOneIsListedOnceWithItsLeases() throws Exception {
    ConnPool<FakeConn> pool = shared.pool(b -> b.maxActive(1));
    Lease<FakeConn> first = pool.acquire();
    Lease<FakeConn> second = pool.acquire();
    assertEquals(List.of(alive(1, State.LEASED, 2, Duration.ZERO)), pool.connections());
    first.close();
    assertEquals(List.of(alive(1, State.LEASED, 1, Duration.ZERO)), pool.connections());
    second.close();
    assertEquals(List.of(alive(1, State.IDLE, 0, Duration.ZERO)), pool.connections());
  }

  @Test
  void theyAreInTheOrderOfTheirDialsWhateverPlaceTheyTook() throws Exception {
    ConnPool<FakeConn> pool = exclusive.pool(b -> b.maxActive(2));
    Lease<FakeConn> first = pool.acquire();
    pool.acquire().close();
    first.invalidate();
    Lease<FakeConn> second = pool.acquire();
    Lease<FakeConn> third = pool.acquire();

    assertEquals(
        List.of(second.get().id(), third.get().id()),
        pool.connections().stream().map(c -> (int) c.number()).toList());
  }

  @Test
  void aPoolThatHasEndedHasNone() throws Exception {
    ConnPool<FakeConn> pool = exclusive.pool(b -> b.maxActive(1));
    pool.acquire().close();
    pool.close();
    assertEquals(List.of(), pool.connections());
  }
}
