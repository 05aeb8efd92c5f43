package io.connpool.bench.thrift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.bench.thrift.peer.Peer;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.apache.thrift.TException;
import org.junit.jupiter.api.Test;

/** A benchmark that believes every answer is no benchmark. */
class EchoCallsTest {
  private record Calling(Caller caller) implements Peer {
    @Override
    public String settings() {
      return "none";
    }

    @Override
    public void close() {}
  }

  private static EchoCalls calls(int number, Peer.Caller caller) throws IOException {
    return EchoCalls.of(new Calling(caller), new Load(2, false, 16), number);
  }

  @Test
  void everyRequestIsAnotherOne() throws Exception {
    Set<String> seen = new HashSet<>();
    Peer.Caller echo =
        request -> {
          assertEquals(16, request.length());
          assertTrue(seen.add(request), "asked twice: " + request);
          return request;
        };
    for (int number = 0; number < 2; number++) {
      EchoCalls calls = calls(number, echo);
      for (int i = 0; i < 1000; i++) {
        calls.once();
      }
    }
    assertEquals(2000, seen.size());
  }

  @Test
  void aWrongAnswerIsADefect() throws Exception {
    EchoCalls calls = calls(0, request -> "0-1xxxxxxxxxxxxx");
    calls.once();
    String message = assertThrows(IllegalStateException.class, calls::once).getMessage();
    assertEquals("asked 0-2xxxxxxxxxxxxx, got 0-1xxxxxxxxxxxxx", message);
  }

  @Test
  void aCallWithoutAnAnswerIsAFailure() throws Exception {
    EchoCalls calls =
        calls(
            1,
            request -> {
              throw new TException("nobody is there");
            });
    assertThrows(IOException.class, calls::once);
  }
}
