package io.connpool.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.ConnPool;
import io.connpool.testkit.PoolWorld;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The state word, one transition at a time. */
class SlotTest {
  @RegisterExtension final PoolWorld world = PoolWorld.exclusive();

  /** A slot that belongs to no pool: these transitions call nobody. */
  private final Slot<String> slot = new Slot<>(null, 0);

  private void filled(int capacity) {
    assertTrue(slot.tryReserve());
    slot.fill("connection", 7, capacity, 100, 1_000);
    assertTrue(slot.trySettle(slot.word));
  }

  @Test
  void onlyAnEmptySlotCanBeReserved() {
    assertTrue(slot.tryReserve());
    assertFalse(slot.tryReserve());
    filledFromDialing();
    assertFalse(slot.tryReserve());
  }

  private void filledFromDialing() {
    slot.fill("connection", 7, 1, 100, 1_000);
    assertTrue(slot.trySettle(slot.word));
  }

  @Test
  void aStampEndsItsLoanOnceAndNeverAnotherOne() {
    filled(1);
    long idle = slot.word;
    assertTrue(slot.tryLease(idle));
    long stamp = Slot.stampOf(idle);
    assertTrue(slot.isHeldBy(stamp));
    assertTrue(slot.tryRelease(stamp));
    assertFalse(slot.tryRelease(stamp), "double release");
    assertTrue(slot.tryLease(slot.word));
    assertFalse(slot.isHeldBy(stamp));
    assertFalse(slot.tryRelease(stamp), "stale release while somebody else has it");
    assertEquals(Slot.LEASED, Slot.state(slot.word));
  }

  @Test
  void aHandOverGivesTheNextHolderAStampOfItsOwn() {
    filled(1);
    assertTrue(slot.tryLease(slot.word));
    long first = slot.word;
    long second = slot.tryHandOver(first);
    assertNotEquals(0, second);
    assertFalse(slot.tryRelease(first));
    assertTrue(slot.tryRelease(second));
  }

  @Test
  void aDoomedLoanIsStillHeldButCannotBeReleased() {
    filled(1);
    assertTrue(slot.tryLease(slot.word));
    long stamp = slot.word;
    assertTrue(slot.tryDoom(stamp));
    assertTrue(slot.isHeldBy(stamp));
    assertFalse(slot.tryRelease(stamp));
    assertEquals(0, slot.tryHandOver(stamp));
    assertTrue(slot.tryRemove(stamp | Slot.DOOMED));
  }

  @Test
  void aCheckOfAReleasedLoanEndsItsStamp() {
    filled(1);
    assertTrue(slot.tryLease(slot.word));
    long stamp = slot.word;
    long owned = slot.tryCheck(stamp);
    assertTrue(slot.trySettle(owned));
    assertTrue(slot.tryLease(slot.word));
    assertNotEquals(stamp, slot.word, "the next loan would have the old stamp");
  }

  @Test
  void whatIsDoomedWhileItIsCheckedCannotBeSettled() {
    filled(1);
    assertTrue(slot.tryPark(slot.word));
    long owned = slot.tryCheck(slot.word);
    assertTrue(slot.tryDoom(slot.word));
    assertFalse(slot.trySettle(owned));
    assertFalse(slot.trySettleParked(owned));
    assertEquals(0, slot.tryLend(owned));
  }

  @Test
  void aParkedConnectionIsInvisibleToTheFastPath() {
    filled(1);
    long idle = slot.word;
    assertTrue(slot.tryPark(idle));
    assertFalse(Slot.isIdle(slot.word));
    assertFalse(slot.tryLease(idle));
    assertNotEquals(0, slot.tryLeaseParked(slot.word));
  }

  @Test
  void sharesNeverExceedTheCapacityAndNeverUnderflow() throws Exception {
    filled(3);
    AtomicInteger most = new AtomicInteger();
    AtomicInteger joined = new AtomicInteger();
    CountDownLatch go = new CountDownLatch(1);
    Thread[] threads = new Thread[4];
    for (int i = 0; i < threads.length; i++) {
      threads[i] =
          world.spawn(
              () -> {
                go.await();
                for (int n = 0; n < 50_000; n++) {
                  if (slot.tryJoin() != 0) {
                    most.accumulateAndGet(Slot.shares(slot.word), Math::max);
                    joined.incrementAndGet();
                    assertNotEquals(0, slot.leave(7));
                  }
                }
              });
    }
    go.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertTrue(joined.get() >= 50_000);
    assertTrue(most.get() <= 3, () -> most + " shares at once");
    assertTrue(Slot.isUnshared(slot.word));
  }

  @Test
  void aShareOfAConnectionThatIsGoneEndsNothing() {
    filled(3);
    assertNotEquals(0, slot.tryJoin());
    assertTrue(slot.tryRemove(slot.word));
    slot.vacate();
    assertNull(slot.connection);
    assertTrue(slot.tryReserve());
    slot.fill("successor", 8, 3, 200, 2_000);
    assertTrue(slot.trySettle(slot.word));
    assertNotEquals(0, slot.tryJoin());
    assertEquals(0, slot.leave(7));
    assertEquals(1, Slot.shares(slot.word));
  }

  @Test
  void aWordReadBeforeAReplacementHitsNothingAfterIt() {
    filled(1);
    long idle = slot.word;
    assertTrue(slot.tryRemove(idle));
    slot.vacate();
    assertTrue(slot.tryReserve());
    slot.fill("successor", 8, 1, 200, 2_000);
    assertTrue(slot.trySettle(slot.word));
    assertFalse(slot.tryLease(idle));
    assertFalse(slot.tryRemove(idle));
    assertFalse(slot.tryDoom(idle));
  }

  @Test
  void aLoanTakesNoMoreThanTheLeaseOfTwentyFourBytes() throws Exception {
    ConnPool<?> pool = world.pool(b -> b.maxActive(1));
    pool.acquire().close();
    long bytes = bytesOf(() -> pool.acquire().close(), 200_000);
    // the loop itself, JIT compilation and the world's own threads may allocate a little
    assertTrue(bytes <= 30, () -> bytes + " bytes per acquire and release");
  }

  private static long bytesOf(PoolWorld.ThrowingRunnable body, int times) throws Exception {
    var threads =
        (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
    long bytes = 0;
    try {
      for (int round = 0; round < 2; round++) { // the first one warms up
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < times; i++) {
          body.run();
        }
        bytes = (threads.getCurrentThreadAllocatedBytes() - before) / times;
      }
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    }
    return bytes;
  }
}
