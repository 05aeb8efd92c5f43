package io.connpool.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.connpool.Transport;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.opentest4j.TestAbortedException;

/** The contract finds what is wrong with a transport. */
@Timeout(120)
final class TransportContractTest {

  @ParameterizedTest
  @EnumSource
  void aBadTransportIsCaught(BadTransports bad) {
    Throwable complaint = assertThrows(Throwable.class, () -> run(bad.caughtBy, new Suite(bad)));

    assertFalse(complaint instanceof TestAbortedException, complaint::toString);
  }

  /** So what catches the bad ones is not just broken. */
  @ParameterizedTest
  @EnumSource(mode = Mode.MATCH_NONE, names = "PROBE_LIES.*") // plain sockets cannot tell
  void theSamePassesWithoutTheFault(BadTransports bad) throws Throwable {
    run(bad.caughtBy, new SocketTransportTest());
  }

  @Test
  void everyTestOfTheContractCatchesSomething() {
    Set<String> idle =
        Arrays.stream(TransportContract.class.getDeclaredMethods())
            .filter(method -> method.isAnnotationPresent(Test.class))
            .map(Method::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    for (BadTransports bad : BadTransports.values()) {
      idle.remove(bad.caughtBy);
    }

    // dials beyond what a local machine can be made to do: Dialer has tests of its own for it
    assertEquals(Set.of("aDialOfAnAddressThatDoesNotAnswerEndsInTime"), idle);
  }

  private static void run(String test, SocketTransportTest suite) throws Throwable {
    try {
      suite.begin();
      Method method = TransportContract.class.getDeclaredMethod(test);
      method.setAccessible(true);
      method.invoke(suite);
      suite.nothingIsLeftOpen();
    } catch (InvocationTargetException failed) {
      throw failed.getCause();
    } finally {
      suite.closePeer();
    }
  }

  private static final class Suite extends SocketTransportTest {
    private final BadTransports bad;
    private final FlakyPeer peer;

    Suite(BadTransports bad) throws IOException {
      this.bad = bad;
      peer = (FlakyPeer) peer();
    }

    @Override
    protected Duration patience() {
      return Duration.ofSeconds(1);
    }

    @Override
    protected Transport<Socket> transport() {
      return bad.to(peer.endpoint());
    }
  }
}
