package io.connpool.testkit;

import io.connpool.CloseReason;
import io.connpool.DialContext;
import io.connpool.Health;
import io.connpool.Transport;
import io.connpool.Verdict;
import io.connpool.net.Endpoint;
import java.io.IOException;
import java.net.Socket;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** Transports that are wrong in one way each, and the test of the contract that must say so. */
enum BadTransports {
  LEAKS_WHEN_REFUSED(
      "aDialThatFailsLeavesNoFileOpen",
      endpoint ->
          new SocketTransport(endpoint) {
            private final List<Selector> forgotten =
                new ArrayList<>(); // so that nobody collects them

            @Override
            public Socket dial(DialContext context) throws IOException {
              Selector selector = Selector.open();
              forgotten.add(selector);
              Socket socket = super.dial(context);
              selector.close();
              return socket;
            }
          }),

  LEAKS_WHEN_THE_HANDSHAKE_FAILS(
      "aDialOfAPeerThatIsSilentEndsInTimeAndLeavesNothing",
      endpoint ->
          new SocketTransport(endpoint) {
            private final List<Socket> forgotten = new ArrayList<>();

            @Override
            public Socket dial(DialContext context) throws IOException {
              Socket socket = new Socket(endpoint.host(), endpoint.port());
              forgotten.add(socket);
              ask(socket, "hello", context.remaining());
              return socket;
            }
          }),

  IGNORES_THE_DEADLINE(
      "aDialOfAPeerThatIsSilentEndsInTimeAndLeavesNothing",
      endpoint ->
          new SocketTransport(endpoint) {
            @Override
            public Socket dial(DialContext context) throws IOException {
              Socket socket = new Socket(endpoint.host(), endpoint.port());
              ask(socket, "hello", Duration.ofDays(1));
              return socket;
            }
          }),

  RETURNS_NULL(
      "aDialedConnectionWorks",
      endpoint ->
          new SocketTransport(endpoint) {
            @Override
            public Socket dial(DialContext context) {
              return null;
            }
          }),

  SHARES_WITHOUT_SAYING_SO(
      "everyDialMakesAnotherConnection",
      endpoint ->
          new SocketTransport(endpoint) {
            private Socket only;

            @Override
            public Socket dial(DialContext context) throws IOException {
              if (only == null) {
                only = super.dial(context);
              }
              return only;
            }
          }),

  SERVES_ONE_THREAD_ONLY(
      "severalThreadsMayDialAtOnce",
      endpoint ->
          new SocketTransport(endpoint) {
            private final AtomicInteger dialing = new AtomicInteger();

            @Override
            public Socket dial(DialContext context) throws IOException {
              boolean alone = dialing.getAndIncrement() == 0;
              try {
                Socket socket = super.dial(context);
                if (!alone) {
                  socket.close();
                }
                return socket;
              } finally {
                dialing.decrementAndGet();
              }
            }
          }),

  HIDES_REFUSALS(
      "aDialThatIsRefusedThrowsAtOnce",
      endpoint ->
          new SocketTransport(endpoint) {
            @Override
            public Socket dial(DialContext context) {
              try {
                return super.dial(context);
              } catch (IOException hidden) {
                return new Socket();
              }
            }
          }),

  GIVES_UP_FOR_GOOD(
      "aDialWorksAgainWhenThePeerDoes",
      endpoint ->
          new SocketTransport(endpoint) {
            private volatile IOException given;

            @Override
            public Socket dial(DialContext context) throws IOException {
              if (given != null) {
                throw given;
              }
              try {
                return super.dial(context);
              } catch (IOException failure) {
                given = failure;
                throw failure;
              }
            }
          }),

  HEARTBEAT_NEVER_FAILS(
      "aHeartbeatFailsIfThePeerHasEndedTheConnection",
      endpoint ->
          new SocketTransport(endpoint) {
            @Override
            public void heartbeat(Socket socket, Duration limit) {}
          }),

  HEARTBEAT_ONLY_SENDS(
      "aHeartbeatFailsInTimeIfThePeerIsSilent",
      endpoint ->
          new SocketTransport(endpoint) {
            @Override
            public void heartbeat(Socket socket, Duration limit) throws IOException {
              send(socket, "ping");
            }
          }),

  HEARTBEAT_WAITS_FOR_EVER(
      "aHeartbeatFailsInTimeIfThePeerIsSilent",
      endpoint ->
          new SocketTransport(endpoint) {
            @Override
            public void heartbeat(Socket socket, Duration limit) throws IOException {
              ask(socket, "ping", Duration.ofDays(1));
            }
          }),

  HEARTBEAT_LEAVES_ITS_ANSWER(
      "aHeartbeatOfAGoodConnectionPassesAndLeavesItAsItWas",
      endpoint ->
          new SocketTransport(endpoint) {
            @Override
            public void heartbeat(Socket socket, Duration limit) throws IOException {
              send(socket, "ping");
            }
          }),

  PROBE_BLOCKS(
      "aProbeDoesNotBlockEvenIfThePeerIsSilent",
      endpoint ->
          new SocketTransport(endpoint) {
            @Override
            public Health probe(Socket socket) {
              try {
                socket.setSoTimeout(100);
                return socket.getInputStream().read() < 0 ? Health.STALE : Health.DIRTY;
              } catch (IOException nothingCame) {
                return Health.CLEAN;
              }
            }
          }),

  PROBE_LIES_ABOUT_THE_END(
      "aProbeThatCanTellDoesNotCallAConnectionCleanThatThePeerHasEnded",
      endpoint ->
          new SocketTransport(endpoint) {
            @Override
            public Health probe(Socket socket) {
              return socket.isClosed() ? Health.STALE : Health.CLEAN;
            }
          }),

  PROBE_LIES_ABOUT_BYTES(
      "aProbeThatCanTellDoesNotCallAConnectionCleanInWhichBytesWait",
      endpoint ->
          new SocketTransport(endpoint) {
            @Override
            public Health probe(Socket socket) {
              return socket.isClosed() ? Health.STALE : Health.CLEAN;
            }
          }),

  PROBE_DOUBTS_EVERYTHING(
      "aProbeDoesNotDoubtAGoodConnectionAndLeavesItAsItWas",
      endpoint ->
          new SocketTransport(endpoint) {
            @Override
            public Health probe(Socket socket) {
              return Health.STALE;
            }
          }),

  ACQUIRE_DOUBTS(
      "whatIsAcquiredAndReleasedIsUsableAndNothingBlocks",
      endpoint ->
          new SocketTransport(endpoint) {
            @Override
            public Health onAcquire(Socket socket) {
              return Health.DIRTY;
            }
          }),

  RELEASE_ENDS(
      "whatIsAcquiredAndReleasedIsUsableAndNothingBlocks",
      endpoint ->
          new SocketTransport(endpoint) {
            @Override
            public Health onRelease(Socket socket) {
              try {
                socket.shutdownOutput();
              } catch (IOException closed) {
                return Health.STALE;
              }
              return Health.CLEAN;
            }
          }),

  CAPACITY_ZERO(
      "aNewConnectionServesAtLeastOneAndNothingIsInFlight",
      endpoint ->
          new SocketTransport(endpoint) {
            @Override
            public int capacity(Socket socket) {
              return 0;
            }
          }),

  CLASSIFIES_AS_NULL(
      "everyFailureIsJudged",
      endpoint ->
          new SocketTransport(endpoint) {
            @Override
            public Verdict classify(Socket socket, Throwable failure) {
              return failure instanceof IOException ? Verdict.CLOSE : null;
            }
          }),

  CLOSE_DOES_NOTHING(
      "aCloseIsSeenByThePeerWhateverTheReason",
      endpoint ->
          new SocketTransport(endpoint) {
            @Override
            public void close(Socket socket, CloseReason reason) {}
          }),

  CLOSE_DEPENDS_ON_THE_REASON(
      "aCloseIsSeenByThePeerWhateverTheReason",
      endpoint ->
          new SocketTransport(endpoint) {
            @Override
            public void close(Socket socket, CloseReason reason) throws IOException {
              if (reason != CloseReason.DEAD) { // "the connection knows that already"
                socket.close();
              }
            }
          }),

  CLOSE_THROWS(
      "whatThePeerHasEndedCanBeClosed",
      endpoint ->
          new SocketTransport(endpoint) {
            @Override
            public void close(Socket socket, CloseReason reason) throws IOException {
              try (socket) {
                ask(socket, "bye", Duration.ofMillis(200));
              }
            }
          }),

  CLOSE_SAYS_GOODBYE(
      "aCloseDoesNotWaitForAPeerThatIsSilent",
      endpoint ->
          new SocketTransport(endpoint) {
            @Override
            public void close(Socket socket, CloseReason reason) throws IOException {
              try {
                ask(socket, "bye", Duration.ofDays(1));
              } finally {
                socket.close();
              }
            }
          }),

  NEVER_NOTICES(
      "aPoolOfThemSurvivesThatAllAreCut",
      endpoint ->
          new SocketTransport(endpoint) {
            @Override
            public Verdict classify(Socket socket, Throwable failure) {
              return Verdict.KEEP;
            }
          });

  /** The test that must fail. */
  final String caughtBy;

  private final Function<Endpoint, Transport<Socket>> maker;

  BadTransports(String caughtBy, Function<Endpoint, Transport<Socket>> maker) {
    this.caughtBy = caughtBy;
    this.maker = maker;
  }

  Transport<Socket> to(Endpoint endpoint) {
    return maker.apply(endpoint);
  }
}
