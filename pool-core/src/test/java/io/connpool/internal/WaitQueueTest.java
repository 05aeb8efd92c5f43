package io.connpool.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The queue on its own, without slots. */
class WaitQueueTest {
  private final WaitQueue<String> queue = new WaitQueue<>(new Attention());

  private Waiter<String> joined() {
    Waiter<String> waiter = new Waiter<>(SystemClock.INSTANCE, Thread.currentThread());
    queue.join(waiter);
    return waiter;
  }

  @Test
  void theFirstStaysFirstUntilItHasAnOutcome() {
    Waiter<String> first = joined();
    Waiter<String> second = joined();
    assertSame(first, queue.first());
    assertTrue(queue.leave(first));
    assertSame(second, queue.first());
    assertEquals(1, queue.size());
  }

  @Test
  void oneOutcomeExcludesTheOthers() {
    Waiter<String> waiter = joined();
    assertTrue(queue.fail(waiter, new IllegalStateException()));
    assertFalse(queue.leave(waiter));
    assertFalse(queue.give(waiter, new ExclusiveLease<>(new Slot<>(null, 0), 3)));
    assertEquals(0, queue.size());
    assertTrue(queue.isEmpty());
  }

  @Test
  void aWaiterThatIsGivenABadConnectionKeepsItsPlace() {
    Waiter<String> first = joined();
    Waiter<String> second = joined();
    assertTrue(queue.give(first, new ExclusiveLease<>(new Slot<>(null, 0), 3)));
    assertSame(second, queue.first());
    queue.reopen(first);
    assertSame(first, queue.first());
    assertEquals(2, queue.size());
  }

  @Test
  void onlyOneWakeUpIsOutstanding() {
    Waiter<String> first = joined();
    joined();
    assertTrue(queue.wake(first));
    assertTrue(queue.isWakeUpOutstanding());
    assertTrue(queue.answer(first));
    assertFalse(queue.isWakeUpOutstanding());
    assertFalse(queue.answer(first));
  }

  @Test
  void aWakeUpForOneThatLeavesMustBePassedOn() {
    Waiter<String> first = joined();
    joined();
    assertTrue(queue.wake(first));
    assertTrue(queue.leave(first));
    assertTrue(queue.left(first), "the wake-up was meant for it");
    assertFalse(queue.isWakeUpOutstanding());
  }

  @Test
  void wakingOneThatHasLeftTellsTheWakerToChooseAgain() {
    Waiter<String> first = joined();
    assertTrue(queue.leave(first));
    assertFalse(queue.wake(first));
    assertFalse(queue.isWakeUpOutstanding());
  }

  @Test
  void thereIsOneHeirAndItsPromiseIsClaimedOnce() {
    Waiter<String> first = joined();
    Waiter<String> second = joined();
    queue.declareHeir(first);
    queue.declareHeir(second);
    assertTrue(queue.hasHeir());
    assertSame(first, queue.claimHeir());
    assertNull(queue.claimHeir());
    queue.declareHeir(second);
    queue.leave(second);
    queue.left(second);
    assertFalse(queue.hasHeir(), "an heir that leaves takes its promise along");
  }

  @Test
  void aMillionCancelledWaitsLeaveNoPlacesBehind() {
    Waiter<String> patient = joined();
    List<Waiter<String>> batch = new ArrayList<>();
    int mostPlaces = 0;
    for (int i = 0; i < 1_000_000; i++) {
      batch.add(joined());
      if (batch.size() == 100) {
        for (Waiter<String> waiter : batch) {
          assertTrue(queue.leave(waiter));
          queue.left(waiter);
        }
        batch.clear();
        mostPlaces = Math.max(mostPlaces, queue.places());
      }
    }
    assertEquals(1, queue.size());
    assertSame(patient, queue.first());
    assertTrue(mostPlaces <= 300, mostPlaces + " places");
  }
}
