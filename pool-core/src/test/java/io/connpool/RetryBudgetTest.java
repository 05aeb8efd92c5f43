package io.connpool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RetryBudgetTest {
  private static final long SECOND = 1_000_000_000;

  /** Close to the end of its range, as a clock may be. */
  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5 * SECOND);

  private final RetryBudget budget = new RetryBudget(clock::get);

  private void make(int calls) {
    for (int i = 0; i < calls; i++) {
      budget.earn();
    }
  }

  private int spendAll() {
    int spent = 0;
    while (budget.spend()) {
      spent++;
    }
    return spent;
  }

  @Test
  void tenASecondForTenSecondsAreFree() {
    assertEquals(100, spendAll());
    assertFalse(budget.spend());
  }

  @Test
  void aFifthOfTheCallsComesOnTop() {
    make(1_004);
    assertEquals(300, spendAll());
    make(5);
    assertTrue(budget.spend());
    assertFalse(budget.spend());
  }

  @Test
  void whatWasSpentIsForgottenAfterTenSeconds() {
    assertEquals(100, spendAll());
    clock.addAndGet(9 * SECOND);
    assertEquals(0, spendAll());
    clock.addAndGet(SECOND);
    assertEquals(100, spendAll());
  }

  @Test
  void whatWasEarnedIsForgottenAfterTenSeconds() {
    make(1_000);
    clock.addAndGet(SECOND);
    make(500);
    clock.addAndGet(8 * SECOND);
    make(1);
    clock.addAndGet(SECOND); // ten since the first, nine since the second
    assertEquals(200, spendAll());
  }

  @Test
  void callsOfALongTimeAgoDoNotCountHoweverLateTheyAreLookedAt() {
    make(1_000);
    clock.addAndGet(3_600 * SECOND);
    assertEquals(100, spendAll());
  }

  /** Delete the lock and two threads spend the same one. */
  @Test
  void threadsSpendNoMoreThanOneAlone() throws Exception {
    AtomicInteger spent = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      threads.add(
          new Thread(
              () -> {
                for (int call = 0; call < 1_000; call++) {
                  budget.earn();
                  spent.addAndGet(budget.spend() ? 1 : 0);
                }
                spent.addAndGet(spendAll());
              }));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(100 + 4_000 / 5, spent.get());
  }
}
