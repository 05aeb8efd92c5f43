package io.connpool;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.connpool.Verdict.Blame;
import io.connpool.Verdict.Fate;
import io.connpool.Verdict.Retry;
import io.connpool.net.Deadline;
import io.connpool.net.Dialer;
import io.connpool.net.Endpoint;
import io.connpool.net.Tls;
import io.connpool.net.Wire;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyServer;
import io.connpool.testkit.TestCertificates;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.StreamCorruptedException;
import java.io.UTFDataFormatException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.ProtocolException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.nio.charset.MalformedInputException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLProtocolException;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** The table of {@link Verdict#of}, row by row, and what this JDK really throws. */
@Timeout(30)
class VerdictTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  /** Some failures and what the table says about them. */
  private record Row(Retry retry, Blame blame, List<Throwable> failures) {
    static Row of(Retry retry, Blame blame, Throwable... failures) {
      return new Row(retry, blame, List.of(failures));
    }
  }

  private static Throwable causedBy(Throwable failure, Throwable cause) {
    return failure.initCause(cause);
  }

  private static DialException dial(Throwable cause) {
    return new DialException("dial failed", 1, cause);
  }

  private static final List<Row> TABLE =
      List.of(
          Row.of(
              Retry.NEVER,
              Blame.LOCAL,
              new OutOfMemoryError(),
              new StackOverflowError(),
              new NoClassDefFoundError("gone"),
              new BindException("Address already in use"),
              new SocketException("Too many open files"),
              dial(new BindException("Cannot assign requested address"))),
          Row.of(
              Retry.NEVER,
              Blame.CALLER,
              new AssertionError(),
              new InterruptedException(),
              new InterruptedIOException("interrupted"),
              new ClosedByInterruptException(),
              new AsynchronousCloseException(),
              new SocketException("Socket closed"),
              new SocketException("Socket is closed"),
              new PoolClosedException("closed"),
              new SSLPeerUnverifiedException("somebody else"),
              causedBy(new SSLHandshakeException("no"), new CertificateException()),
              causedBy(
                  new SSLHandshakeException("no"),
                  new RuntimeException(new CertificateException())),
              dial(causedBy(new SSLHandshakeException("no"), new CertificateException())),
              new IllegalArgumentException("the caller's own"),
              new IllegalStateException(new CertificateException()),
              new Exception("an application's own")),
          Row.of(
              Retry.NOT_SENT,
              Blame.ENDPOINT,
              new ConnectException("Connection refused"),
              new NoRouteToHostException(),
              new PortUnreachableException(),
              new SocketTimeoutException("Connect timed out"),
              new SSLHandshakeException("Remote host terminated the handshake"),
              causedBy(new SSLHandshakeException("no"), new EOFException()),
              dial(new ConnectException("Connection refused")),
              dial(new SocketTimeoutException("no answer to the first heartbeat")),
              dial(new EOFException())),
          Row.of(
              Retry.NOT_SENT,
              Blame.LOCAL,
              new UnknownHostException("nowhere.invalid"),
              dial(new UnknownHostException("nowhere.invalid"))),
          Row.of(
              Retry.NOT_SENT,
              Blame.CALLER,
              new PoolException("no connection", null) {
                private static final long serialVersionUID = 1L;
              }),
          Row.of(
              Retry.NEVER,
              Blame.ENDPOINT,
              new ProtocolException("what?"),
              new SSLProtocolException("what?"),
              new MalformedInputException(1),
              new UTFDataFormatException(),
              new StreamCorruptedException()),
          Row.of(
              Retry.MAYBE_SENT,
              Blame.ENDPOINT,
              new IOException("anything"),
              new IOException(),
              new EOFException(),
              new SocketException("Connection reset"),
              new SocketException("Broken pipe"),
              new SSLException("Connection reset"),
              new SocketTimeoutException("Read timed out"),
              new TimeoutException(),
              new UncheckedIOException(new EOFException()),
              new ExecutionException(new SocketException("Connection reset"))));

  @TestFactory
  Stream<DynamicTest> everyRowOfTheTable() {
    return TABLE.stream()
        .flatMap(
            row ->
                row.failures().stream()
                    .map(
                        failure ->
                            DynamicTest.dynamicTest(
                                failure + " -> " + row.retry() + ", " + row.blame(),
                                () -> assertVerdict(row.retry(), row.blame(), failure))));
  }

  private static void assertVerdict(Retry retry, Blame blame, Throwable failure) {
    assertEquals(new Verdict(Fate.CLOSE, retry, blame), Verdict.of(failure), failure::toString);
  }

  @Test
  void aCircleOfCausesEnds() {
    Exception outer = new Exception();
    SSLHandshakeException circle = new SSLHandshakeException("round");
    Exception back = new Exception(circle);
    circle.initCause(back);
    outer.initCause(circle);
    assertAll(
        () -> assertVerdict(Retry.NOT_SENT, Blame.ENDPOINT, outer),
        () -> assertVerdict(Retry.NOT_SENT, Blame.ENDPOINT, circle));
  }

  @Test
  void aTransportThatDoesNotSayOtherwiseJudgesByTheTable() {
    Transport<Object> transport = context -> new Object();
    for (Row row : TABLE) {
      for (Throwable failure : row.failures()) {
        assertEquals(Verdict.of(failure), transport.classify(new Object(), failure));
      }
    }
    assertSame(Verdict.CLOSE, transport.classify(new Object(), new IOException()));
  }

  // --- what a pool throws ---

  @Test
  void aPoolThatHasNothing() throws Exception {
    PoolBuilder<AutoCloseable> one =
        ConnPool.<AutoCloseable>builder(context -> () -> {}).maxActive(1);
    try (ConnPool<AutoCloseable> waits = one.build();
        ConnPool<AutoCloseable> refuses = one.whenExhausted(WhenExhausted.FAIL).build()) {
      for (ConnPool<AutoCloseable> pool : List.of(waits, refuses)) {
        pool.run(
            connection ->
                assertVerdict(
                    Retry.NOT_SENT,
                    Blame.CALLER,
                    assertThrows(PoolException.class, () -> pool.acquire(Duration.ZERO))));
      }
    }
  }

  @Test
  void aPoolThatWasClosed() {
    ConnPool<AutoCloseable> pool = ConnPool.<AutoCloseable>builder(context -> () -> {}).build();
    pool.close();

    assertVerdict(
        Retry.NEVER, Blame.CALLER, assertThrows(PoolClosedException.class, pool::acquire));
  }

  // --- what this JDK throws ---

  @Test
  void aServerThatResets() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.resetAfter(1));
        Socket socket = new Socket("127.0.0.1", server.port())) {
      socket.getOutputStream().write(1);
      IOException failure = assertThrows(IOException.class, () -> socket.getInputStream().read());
      assertVerdict(Retry.MAYBE_SENT, Blame.ENDPOINT, failure);
    }
  }

  @Test
  void aServerThatHangsUpInTheMiddleOfAnAnswer() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.halfAnswerThenClose());
        Socket socket = new Socket("127.0.0.1", server.port())) {
      socket.getOutputStream().write('\n');
      DataInputStream in = new DataInputStream(socket.getInputStream());
      assertVerdict(
          Retry.MAYBE_SENT,
          Blame.ENDPOINT,
          assertThrows(IOException.class, () -> in.readFully(new byte[1 << 20])));
    }
  }

  @Test
  void aServerThatResetsWhileItIsWrittenTo() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.resetAfter(1));
        SocketChannel channel =
            SocketChannel.open(new InetSocketAddress("127.0.0.1", server.port()))) {
      IOException failure =
          assertThrows(
              IOException.class,
              () -> {
                while (true) { // what the kernel takes before the reset is lost
                  channel.write(ByteBuffer.allocate(1 << 16));
                }
              });
      assertVerdict(Retry.MAYBE_SENT, Blame.ENDPOINT, failure);
    }
  }

  @Test
  void aServerThatNeverReads() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.neverRead())) {
      Wire wire = Wire.over(Dialer.to(server.endpoint()).connect(Deadline.after(LIMIT)));
      wire.newFuse().arm(Deadline.after(Duration.ofMillis(60)));
      assertVerdict(
          Retry.MAYBE_SENT,
          Blame.ENDPOINT,
          assertThrows(IOException.class, () -> wire.write(ByteBuffer.allocate(64 << 20))));
    }
  }

  @Test
  void aServerThatDoesNotAnswer() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.acceptThenSilence());
        Socket socket = new Socket("127.0.0.1", server.port())) {
      socket.setSoTimeout(1);
      IOException failure = assertThrows(IOException.class, () -> socket.getInputStream().read());
      assertVerdict(Retry.MAYBE_SENT, Blame.ENDPOINT, failure);
    }
  }

  @Test
  void aServerThatRefuses() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.echo())) {
      server.refuse();
      InetSocketAddress address = new InetSocketAddress("127.0.0.1", server.port());
      assertVerdict(
          Retry.NOT_SENT,
          Blame.ENDPOINT,
          assertThrows(IOException.class, () -> new Socket().connect(address)));
      assertVerdict(
          Retry.NOT_SENT,
          Blame.ENDPOINT,
          assertThrows(IOException.class, () -> SocketChannel.open(address)));
    }
  }

  @Test
  void aSocketThatThisSideClosed() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.echo())) {
      Socket socket = new Socket("127.0.0.1", server.port());
      var in = socket.getInputStream();
      socket.close();
      assertVerdict(Retry.NEVER, Blame.CALLER, assertThrows(IOException.class, in::read));
      SocketChannel channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", server.port()));
      channel.close();
      assertVerdict(
          Retry.NEVER,
          Blame.CALLER,
          assertThrows(IOException.class, () -> channel.read(ByteBuffer.allocate(1))));
    }
  }

  @Test
  void aReadThatIsInterrupted() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.acceptThenSilence());
        SocketChannel channel =
            SocketChannel.open(new InetSocketAddress("127.0.0.1", server.port()))) {
      Thread.currentThread().interrupt();
      IOException failure =
          assertThrows(IOException.class, () -> channel.read(ByteBuffer.allocate(1)));
      assertEquals(true, Thread.interrupted());
      assertVerdict(Retry.NEVER, Blame.CALLER, failure);
    }
  }

  @Test
  void aPortThatIsTaken() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        ServerSocket other = new ServerSocket()) {
      IOException failure =
          assertThrows(IOException.class, () -> other.bind(taken.getLocalSocketAddress()));
      assertVerdict(Retry.NEVER, Blame.LOCAL, failure);
    }
  }

  @Test
  void aCertificateThatIsNotTrusted() throws Exception {
    TestCertificates server = TestCertificates.ofLoopback();
    try (FlakyServer tls =
        FlakyServer.startTls(
            Tls.system().identity(server.certificate(), server.key()).context(),
            false,
            Behaviour.echo())) {
      IOException failure =
          assertThrows(IOException.class, () -> handshake(tls.endpoint(), Tls.system()));
      assertVerdict(Retry.NEVER, Blame.CALLER, failure);
    }
  }

  @Test
  void aServerThatResetsInTheHandshake() throws Exception {
    try (FlakyServer server = FlakyServer.start(Behaviour.resetAfter(1))) {
      IOException failure =
          assertThrows(IOException.class, () -> handshake(server.endpoint(), Tls.system()));
      assertEquals(Blame.ENDPOINT, Verdict.of(failure).blame(), failure::toString);
      assertNotEquals(Retry.NEVER, Verdict.of(failure).retry(), failure::toString);
    }
  }

  private static void handshake(Endpoint endpoint, Tls tls) throws IOException {
    SocketChannel channel = Dialer.to(endpoint).connect(Deadline.after(LIMIT));
    tls.handshake(Wire.over(channel), endpoint, Deadline.after(LIMIT)).close();
  }
}
