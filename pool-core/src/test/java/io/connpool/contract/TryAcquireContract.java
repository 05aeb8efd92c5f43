package io.connpool.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Taking a connection only if one is ready. */
abstract class TryAcquireContract extends PoolContract {
  TryAcquireContract(PoolKind kind) {
    super(kind);
  }

  @Test
  void tryAcquireTakesAnIdleConnection() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);

    Lease<FakeConn> lease = pool.tryAcquire().orElseThrow();

    assertEquals(1, lease.get().id());
    atRest(pool, "leased 1, leases 1, dialed 1");
  }

  @Test
  void tryAcquireOfAnEmptyPoolComesBackEmptyButBeginsADialForWhoeverAsksNext() {
    ConnPool<FakeConn> pool = poolOf(2);

    assertFalse(pool.tryAcquire().isPresent());

    atRest(pool, "idle 1, dialed 1");
    assertTrue(pool.tryAcquire().isPresent());
  }

  @Test
  void tryAcquireBeginsADialBelowMaxActiveEvenWhileOthersAreOut() throws Exception {
    ConnPool<FakeConn> pool = poolOf(2);
    takeAll(pool, 1);

    assertFalse(pool.tryAcquire().isPresent());

    atRest(pool, "idle 1, " + taken(1) + ", dialed 2");
  }

  /** Many times, because what the pool still does for the acquire may get in the way. */
  @Test
  void tryAcquireBeginsADialHoweverShortlyAfterAnAcquire() throws Exception {
    for (int i = 0; i < 50; i++) {
      ConnPool<FakeConn> pool = poolOf(2);
      takeAll(pool, 1);
      assertFalse(pool.tryAcquire().isPresent());
      atRest(pool, "idle 1, " + taken(1) + ", dialed 2");
    }
  }

  @Test
  void tryAcquireWithEverythingOutComesBackEmptyAndDialsNothing() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    takeAll(pool, 1);

    for (int i = 0; i < 10; i++) {
      assertFalse(pool.tryAcquire().isPresent());
    }

    still("one dial only", () -> transport().attempts() == 1);
    atRest(pool, taken(1) + ", dialed 1");
  }

  @Test
  void tryAcquireDoesNotWaitForADialThatHangs() {
    transport().next(Function.DIAL, Step.HANG_DEAF);
    ConnPool<FakeConn> pool = poolOf(1);

    for (int i = 0; i < 10; i++) {
      Optional<Lease<FakeConn>> none = pool.tryAcquire();
      assertFalse(none.isPresent());
    }

    atRest(pool, "dialing 1");
  }

  @Test
  void tryAcquireWorksInAnInterruptedThreadAndLeavesTheFlagAlone() throws Exception {
    ConnPool<FakeConn> pool = poolOf(1);
    fillIdle(pool, 1);

    Thread.currentThread().interrupt();
    boolean present = pool.tryAcquire().isPresent();
    boolean flag = Thread.interrupted();

    assertTrue(present);
    assertTrue(flag);
  }
}
