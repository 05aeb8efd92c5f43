package io.connpool.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.Health;
import io.connpool.net.Deadline;
import io.connpool.net.Dialer;
import io.connpool.net.Endpoint;
import io.connpool.net.Probe;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlakyServerTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  /** Long enough for anything that happens to show, short enough to wait for what does not. */
  private static final Duration A_WHILE = Duration.ofMillis(100);

  @Nested
  class Behaviours {

    @Test
    void echoSendsEveryByteBack() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.echo());
          Client client = Client.of(server.endpoint())) {
        client.send("no line feed");
        assertEquals("no line feed", client.read(12));
      }
    }

    @Test
    void answerLinesAnswersEachLineWithItself() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
          Client client = Client.of(server.endpoint())) {
        client.send("1\n2");
        assertEquals("answer 1\n", client.read(9));
        client.send("3\n");
        assertEquals("answer 23\n", client.read(10));
      }
    }

    @Test
    void acceptThenSilenceReadsAndSaysNothing() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.acceptThenSilence());
          Client client = Client.of(server.endpoint())) {
        client.send("x\n");
        client.assertSilent();
        client.hangUp();
        server.awaitOpen(0, LIMIT);
      }
    }

    @Test
    void resetOnAcceptResets() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.resetOnAccept());
          Client client = Client.of(server.endpoint())) {
        client.assertReset();
      }
    }

    @Test
    void resetAfterReadsItsBytesFirst() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.resetAfter(3));
          Client client = Client.of(server.endpoint())) {
        client.send("12");
        client.assertSilent();
        client.send("3");
        client.assertReset();
      }
    }

    @Test
    void closeAfterAnswersItsRequestsFirst() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.closeAfter(2));
          Client client = Client.of(server.endpoint())) {
        client.assertAnswers("1");
        client.assertAnswers("2");
        client.assertAtEnd();
      }
    }

    @Test
    void goodbyeAfterSaysGoodbyeBeforeTheFin() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.goodbyeAfter(1, "bye"));
          Client client = Client.of(server.endpoint())) {
        client.assertAnswers("1");
        assertEquals("bye", client.read(3));
        client.assertAtEnd();
      }
    }

    @Test
    void halfAnswerThenStallIsHalfAnAnswer() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.halfAnswerThenStall());
          Client client = Client.of(server.endpoint())) {
        client.send("12\n");
        assertEquals("answe", client.read(5));
        client.assertSilent();
      }
    }

    @Test
    void halfAnswerThenCloseIsHalfAnAnswer() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.halfAnswerThenClose());
          Client client = Client.of(server.endpoint())) {
        client.send("12\n");
        assertEquals("answe", client.read(5));
        client.assertAtEnd();
      }
    }

    @Test
    void lateAnswerIsNotEarly() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.lateAnswer(A_WHILE));
          Client client = Client.of(server.endpoint())) {
        Deadline earliest = Deadline.after(A_WHILE);
        client.assertAnswers("1");
        assertTrue(earliest.hasPassed());
      }
    }

    @Test
    void strayOnAcceptComesUnasked() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.strayOnAccept("hello"));
          Client client = Client.of(server.endpoint())) {
        assertEquals("hello", client.read(5));
        client.assertAnswers("1");
      }
    }

    @Test
    void strayAfterAnswerFollowsEachAnswer() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.strayAfterAnswer("?"));
          Client client = Client.of(server.endpoint())) {
        client.assertAnswers("1");
        assertEquals("?", client.read(1));
        client.assertAnswers("2");
        assertEquals("?", client.read(1));
      }
    }

    @Test
    void neverReadBlocksTheWriter() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.neverRead());
          SocketChannel channel = Dialer.to(server.endpoint()).connect(Deadline.after(LIMIT))) {
        channel.configureBlocking(false);
        try (Selector selector = Selector.open()) {
          channel.register(selector, SelectionKey.OP_WRITE);
          ByteBuffer chunk = ByteBuffer.allocate(1 << 20);
          long taken = 0;
          while (selector.select(A_WHILE.toMillis()) > 0) {
            selector.selectedKeys().clear();
            taken += channel.write(chunk.clear());
            assertTrue(taken < 1 << 28, "more than any buffer holds");
          }
        }
      }
    }

    @Test
    void slowDripWaitsAfterEachByte() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.slowDrip(Duration.ofMillis(10)));
          Client client = Client.of(server.endpoint())) {
        Deadline earliest = Deadline.after(Duration.ofMillis(80));
        client.assertAnswers("1");
        assertTrue(earliest.hasPassed(), "9 bytes, 8 waits between them");
      }
    }

    @Test
    void closeIdleAfterClosesOnlyTheIdle() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.closeIdleAfter(A_WHILE));
          Client client = Client.of(server.endpoint())) {
        client.assertAnswers("1");
        Deadline earliest = Deadline.after(A_WHILE.dividedBy(2));
        client.assertAtEnd();
        assertTrue(earliest.hasPassed());
      }
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "echo",
          "answerLines",
          "acceptThenSilence",
          "resetOnAccept",
          "resetAfter:3",
          "closeAfter:3",
          "goodbyeAfter:3:bye: now",
          "halfAnswerThenStall",
          "halfAnswerThenClose",
          "lateAnswer:PT0.1S",
          "strayOnAccept:hello",
          "strayAfterAnswer:?",
          "neverRead",
          "slowDrip:PT0.01S",
          "closeIdleAfter:PT1S"
        })
    void eachHasAName(String text) {
      assertDoesNotThrow(() -> Behaviour.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "ecko", "closeAfter", "closeAfter:x", "lateAnswer:5"})
    void aNameOfNoneIsQuoted(String text) {
      var rejected = assertThrows(IllegalArgumentException.class, () -> Behaviour.parse(text));
      assertEquals("no such behaviour: \"" + text + "\"", rejected.getMessage());
    }

    @Test
    void argumentsOfANameCount() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.parse("goodbyeAfter:1:bye: now"));
          Client client = Client.of(server.endpoint())) {
        client.assertAnswers("1");
        assertEquals("bye: now", client.read(8));
      }
    }
  }

  @Nested
  class TheServer {

    @Test
    void playsItsScriptAndRepeatsTheEnd() throws Exception {
      try (FlakyServer server =
          FlakyServer.start(Behaviour.resetOnAccept(), Behaviour.answerLines())) {
        try (Client first = Client.of(server.endpoint())) {
          first.assertReset();
        }
        try (Client second = Client.of(server.endpoint());
            Client third = Client.of(server.endpoint())) {
          second.assertAnswers("2");
          third.assertAnswers("3");
          server.behave(Behaviour.strayOnAccept("new"), Behaviour.resetOnAccept());
          second.assertAnswers("4");
        }
        try (Client fourth = Client.of(server.endpoint())) {
          assertEquals("new", fourth.read(3));
        }
      }
    }

    @Test
    void countsWhatItAcceptedAndWhatIsOpen() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
          Client first = Client.of(server.endpoint());
          Client second = Client.of(server.endpoint())) {
        server.awaitAccepted(2, LIMIT);
        assertEquals(2, server.open());
        first.hangUp();
        server.awaitOpen(1, LIMIT);
        assertEquals(2, server.accepted());
        second.assertAnswers("x");
      }
    }

    @Test
    void saysWhatItSawWhenWaitingWasInVain() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.answerLines())) {
        var vain =
            assertThrows(AssertionError.class, () -> server.awaitAccepted(1, Duration.ofMillis(1)));
        assertEquals(
            "waited PT0.001S for 1 accepted connections, saw 0 accepted and 0 open",
            vain.getMessage());
      }
    }

    @Test
    void refusesAndListensAgainOnTheSamePort() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
          Client before = Client.of(server.endpoint())) {
        before.assertAnswers("1");
        for (int i = 0; i < 50; i++) {
          server.refuse();
          assertThrows(ConnectException.class, () -> Client.of(server.endpoint()));
          server.listenAgain();
          try (Client after = Client.of(server.endpoint())) {
            after.assertAnswers("2");
          }
        }
        before.assertAnswers("3");
      }
    }

    @Test
    void keepsItsPortWhileItRefuses() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.answerLines())) {
        server.refuse();
        assertTaken(server.port());
      }
    }

    @Test
    void sendsToAllWhatNobodyAskedFor() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
          Client first = Client.of(server.endpoint());
          Client second = Client.of(server.endpoint())) {
        server.awaitAccepted(2, LIMIT);
        server.sendToAll("stray");
        assertEquals("stray", first.read(5));
        assertEquals("stray", second.read(5));
      }
    }

    @Test
    void closesAllConnectionsWithAFin() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.answerLines());
          Client client = Client.of(server.endpoint())) {
        server.awaitAccepted(1, LIMIT);
        server.closeAllConnections();
        assertEquals(0, server.open());
        client.assertAtEnd();
        try (Client next = Client.of(server.endpoint())) {
          next.assertAnswers("x");
        }
      }
    }

    @Test
    void hasResetAllConnectionsWhenItSaysSo() throws Exception {
      try (FlakyServer server = FlakyServer.start(Behaviour.answerLines())) {
        for (int i = 1; i <= 200; i++) {
          try (SocketChannel channel =
              Dialer.to(server.endpoint()).connect(Deadline.after(LIMIT))) {
            server.awaitAccepted(i, LIMIT);
            server.resetAllConnections();
            assertEquals(Health.STALE, Probe.check(channel));
          }
        }
      }
    }

    @Test
    void closeEndsSlowBehavioursAndLeavesNoThread() throws Exception {
      FlakyServer server =
          FlakyServer.start(
              Behaviour.lateAnswer(Duration.ofHours(1)),
              Behaviour.neverRead(),
              Behaviour.acceptThenSilence(),
              c -> Thread.currentThread().join());
      try (Client first = Client.of(server.endpoint());
          Client second = Client.of(server.endpoint());
          Client third = Client.of(server.endpoint());
          Client fourth = Client.of(server.endpoint())) {
        first.send("x\n");
        server.awaitAccepted(4, LIMIT);
        assertTrue(hasThreads(server), "its threads are found by name");
        assertTimeoutPreemptively(LIMIT.dividedBy(4), server::close);
        assertFalse(hasThreads(server));
        first.assertAtEnd();
        second.assertAtEnd();
        third.assertAtEnd();
        fourth.assertAtEnd();
      }
      server.close();
    }

    @Test
    void closeThrowsWhatABehaviourMustNotThrow() throws Exception {
      AssertionError wrong = new AssertionError("wrong request");
      FlakyServer server =
          FlakyServer.start(
              c -> {
                throw wrong;
              });
      try (Client client = Client.of(server.endpoint())) {
        client.assertAtEnd();
      }
      server.awaitOpen(0, LIMIT);
      var thrown = assertThrows(AssertionError.class, server::close);
      assertSame(wrong, thrown.getSuppressed()[0]);
    }

    /** gtcp's server tells its port too, and refuses to run without a handler. */
    @Test
    void g52_aServerNeedsABehaviourTellsItsPortAndListensUntilItIsClosed() throws Exception {
      assertThrows(IllegalArgumentException.class, FlakyServer::start);
      FlakyServer server = FlakyServer.start(Behaviour.answerLines());
      assertEquals(server.port(), server.endpoint().port());
      try (server;
          Client client = Client.of(server.endpoint())) {
        client.assertAnswers("1");
      }
      assertThrows(IOException.class, () -> Client.of(server.endpoint()));
    }

    /** A port that was free a moment ago may be somebody else's now. */
    @Test
    void g53_theKernelChoosesThePortAndNoTwoServersMeet() throws Exception {
      Set<Integer> ports = new HashSet<>();
      List<FlakyServer> servers = new ArrayList<>();
      try {
        for (int i = 0; i < 50; i++) {
          servers.add(FlakyServer.start(Behaviour.answerLines()));
          ports.add(servers.get(i).port());
        }
        assertEquals(50, ports.size());
        assertFalse(ports.contains(0));
      } finally {
        for (FlakyServer server : servers) {
          server.close();
        }
      }
    }

    @Test
    void anEmptyScriptIsRejected() {
      assertThrows(IllegalArgumentException.class, FlakyServer::start);
    }

    private static boolean hasThreads(FlakyServer server) {
      return Thread.getAllStackTraces().keySet().stream()
          .anyMatch(thread -> thread.getName().startsWith("flaky-" + server.port() + "-"));
    }
  }

  @Nested
  class TheProcess {

    @Test
    void isKilledAndComesBackOnItsPort() throws Exception {
      try (FlakyServerProcess server = FlakyServerProcess.start("answerLines")) {
        Endpoint endpoint = server.endpoint();
        try (Client client = Client.of(endpoint)) {
          client.assertAnswers("1");
          server.kill();
          client.assertAtEnd();
        }
        assertThrows(ConnectException.class, () -> Client.of(endpoint));
        server.restart();
        assertEquals(endpoint, server.endpoint());
        try (Client client = Client.of(endpoint)) {
          client.assertAnswers("2");
          server.restart();
          client.assertAtEnd();
        }
      }
    }

    @Test
    void keepsItsPortWhileItIsDead() throws Exception {
      try (FlakyServerProcess server = FlakyServerProcess.start("answerLines")) {
        server.kill();
        assertTaken(server.port());
      }
    }

    @Test
    void answersNothingWhilePaused() throws Exception {
      try (FlakyServerProcess server = FlakyServerProcess.start("answerLines");
          Client client = Client.of(server.endpoint())) {
        client.assertAnswers("1");
        server.pause();
        client.send("2\n");
        client.assertSilent();
        server.resume();
        assertEquals("answer 2\n", client.read(9));
      }
    }

    @Test
    void canBeClosedWhilePaused() throws Exception {
      FlakyServerProcess server = FlakyServerProcess.start("answerLines");
      server.pause();
      assertTimeoutPreemptively(LIMIT, server::close);
      assertFalse(server.process().isAlive());
    }

    /** The kernel closes the other end of the pipe when the parent dies, however it dies. */
    @Test
    void endsWithItsStandardInput() throws Exception {
      try (FlakyServerProcess server = FlakyServerProcess.start("answerLines");
          Client client = Client.of(server.endpoint())) {
        client.assertAnswers("1");
        server.process().getOutputStream().close();
        assertTrue(server.process().waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS));
        assertEquals(0, server.process().exitValue());
      }
    }

    @Test
    void saysWhyItDidNotStart() {
      var failure = assertThrows(IOException.class, () -> FlakyServerProcess.start("ecko"));
      assertTrue(failure.toString().contains("no such behaviour: \"ecko\""), failure::toString);
    }
  }

  private static void assertTaken(int port) throws IOException {
    try (ServerSocket intruder = new ServerSocket()) {
      // As the kernel, which offers nobody a port that is bound, even to sockets that would share.
      intruder.setReuseAddress(false);
      assertThrows(
          BindException.class,
          () -> intruder.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)));
    }
  }

  /** The other side, plain and blocking; nothing it waits for takes longer than the limit. */
  private record Client(Socket socket) implements AutoCloseable {

    static Client of(Endpoint endpoint) throws IOException {
      Socket socket = new Socket(endpoint.host(), endpoint.port());
      socket.setSoTimeout(Math.toIntExact(LIMIT.toMillis()));
      socket.setTcpNoDelay(true);
      return new Client(socket);
    }

    void send(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(UTF_8));
    }

    String read(int length) throws IOException {
      return new String(socket.getInputStream().readNBytes(length), UTF_8);
    }

    void assertAnswers(String line) throws IOException {
      send(line + "\n");
      String answer = "answer " + line + "\n";
      assertEquals(answer, read(answer.length()));
    }

    void assertSilent() throws IOException {
      socket.setSoTimeout(Math.toIntExact(A_WHILE.toMillis()));
      assertThrows(SocketTimeoutException.class, () -> socket.getInputStream().read());
      socket.setSoTimeout(Math.toIntExact(LIMIT.toMillis()));
    }

    void assertAtEnd() throws IOException {
      assertEquals(-1, socket.getInputStream().read());
    }

    void assertReset() {
      var reset = assertThrows(SocketException.class, () -> socket.getInputStream().read());
      assertEquals("Connection reset", reset.getMessage());
    }

    void hangUp() throws IOException {
      socket.close();
    }

    @Override
    public void close() throws IOException {
      hangUp();
    }
  }
}
