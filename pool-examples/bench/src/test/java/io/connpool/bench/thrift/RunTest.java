package io.connpool.bench.thrift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.bench.thrift.peer.Peer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.apache.thrift.TException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A benchmark that believes every answer is no benchmark. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RunTest {
  private static final Duration SHORT = Duration.ofMillis(100);

  private record Peers(Caller caller) implements Peer {
    @Override
    public String settings() {
      return "none";
    }

    @Override
    public void close() {}
  }

  private static Run.Outcome measure(int callers, Peer.Caller caller) throws InterruptedException {
    return new Run(new Peers(caller), new Load(callers, false, 16))
        .measure(SHORT, SHORT, Duration.ofSeconds(2));
  }

  @Test
  void everyRequestIsAnotherOne() throws Exception {
    Set<String> seen = ConcurrentHashMap.newKeySet();
    Run.Outcome outcome =
        measure(
            2,
            request -> {
              assertEquals(16, request.length());
              assertTrue(seen.add(request), "asked twice: " + request);
              return request;
            });
    assertTrue(outcome.perSecond() > 0);
    assertTrue(outcome.times().getTotalCount() > 0);
    assertEquals(0, outcome.failed());
    assertEquals(0, outcome.stuck());
  }

  @Test
  void aWrongAnswerFailsTheRun() {
    String message =
        assertThrows(IllegalStateException.class, () -> measure(2, request -> "0-1xxxxxxxxxxxxx"))
            .getMessage();
    assertTrue(message.contains("got 0-1x"), message);
  }

  @Test
  void callsWithoutAnAnswerAreCounted() throws Exception {
    Run.Outcome outcome =
        measure(
            1,
            request -> {
              throw new TException("nobody is there");
            });
    assertTrue(outcome.failed() > 0);
  }

  @Test
  void aCallerThatNeverComesBackIsStuck() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    Run.Outcome outcome =
        measure(
            2,
            request -> {
              try {
                never.await();
              } catch (InterruptedException ended) {
                throw new TException(ended);
              }
              return request;
            });
    assertEquals(2, outcome.stuck());
    never.countDown();
  }
}
