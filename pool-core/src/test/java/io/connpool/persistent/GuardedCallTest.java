package io.connpool.persistent;

import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A call that is cut off in the moment in which it ends. */
@Timeout(60)
class GuardedCallTest {
  /** Enough for all orders in which the two can come. */
  private static final int ROUNDS = 2_000;

  @Test
  void aFailureInTheMomentOfTheCutIsToldAsItIs() {
    IOException failure = new IOException("just now");
    Thread waiting = Thread.currentThread();
    for (int round = 0; round < ROUNDS; round++) {
      GuardedCall<String> call =
          new GuardedCall<>(
              "guarded",
              () -> {
                waiting.interrupt();
                throw failure;
              },
              late -> {},
              () -> {});

      Exception told =
          assertThrows(Exception.class, () -> call.start().get(TimeUnit.SECONDS.toNanos(30)));

      if (!(told instanceof InterruptedException)) {
        assertSame(failure, told);
      }
      boolean unused = Thread.interrupted(); // the call may have come before the wait
    }
  }
}
