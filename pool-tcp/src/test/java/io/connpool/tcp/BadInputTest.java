package io.connpool.tcp;

import static io.connpool.tcp.Conversation.ask;
import static io.connpool.tcp.Conversation.lines;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.net.Tls;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyServer;
import io.connpool.testkit.TestCertificates;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mistakes are told with the value that is wrong, before the server hears of anything. */
class BadInputTest {
  @TempDir Path folder;

  private final AtomicInteger heard = new AtomicInteger();
  private FlakyServer server;

  @BeforeEach
  void start() throws Exception {
    server =
        FlakyServer.start(
            c ->
                c.forEachLine(
                    line -> {
                      heard.incrementAndGet();
                      c.answer(line);
                    }));
  }

  /** The one who does it right is the first and only one that the server knows. */
  @AfterEach
  void onlyTheRightOneIsHeard() throws Exception {
    assertEquals(0, server.accepted());
    try (TcpPool right = lines(server).build()) {
      ask(right);
    }
    assertEquals(1, server.accepted());
    assertEquals(1, heard.get());
    server.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 9})
  void aHeaderOfASizeThatThereIsNot(int bytes) {
    assertQuoted("" + bytes, () -> Framing.lengthPrefixed().headerBytes(bytes));
    assertQuoted("" + bytes, () -> pool("tcp", "framing=length&header=" + bytes));
  }

  @Test
  void aMaximumBeyondWhatTheHeaderCanSay() {
    assertQuoted("300", () -> Framing.lengthPrefixed().headerBytes(1).max(300));
    assertQuoted("300", () -> pool("tcp", "framing=length&header=1&max=300"));
    assertQuoted("70000", () -> pool("tcp", "framing=length&max=70000"));
  }

  @Test
  void anEmptyDelimiter() {
    assertQuoted("empty", () -> Framing.delimiter(new byte[0], 100));
    assertQuoted("empty", () -> pool("tcp", "framing=delimiter&delimiter="));
    assertQuoted("empty", () -> pool("tcp", "framing=delimiter"));
  }

  @Test
  void anOptionThatDoesNotExist() {
    assertQuoted("tiemout", () -> pool("tcp", "framing=lines&tiemout=1s"));
    assertQuoted("verifyHostname", () -> pool("tcp", "verifyHostname=false"));
    assertQuoted("bindTo", () -> TcpPool.of("unix:///tmp/nowhere?bindTo=127.0.0.1").build());
  }

  @Test
  void aPemFileThatIsNoneOrNotTheRightOne() throws Exception {
    Path nowhere = folder.resolve("nowhere.pem");
    Path text = Files.writeString(folder.resolve("text.pem"), "hello", US_ASCII);
    TestCertificates mine = TestCertificates.ofClient();
    TestCertificates other = TestCertificates.ofOtherHost();
    for (Path wrong : new Path[] {nowhere, text, mine.key()}) {
      assertQuoted(wrong.toString(), () -> Tls.system().trust(wrong));
      assertQuoted(wrong.toString(), () -> pool("tls", "ca=" + wrong));
    }
    for (Path wrong : new Path[] {nowhere, text, other.key(), mine.certificate()}) {
      assertQuoted(wrong.toString(), () -> Tls.system().identity(mine.certificate(), wrong));
      assertQuoted(
          wrong.toString(), () -> pool("tls", "cert=" + mine.certificate() + "&key=" + wrong));
    }
  }

  @Test
  void aHostNameThatIsNone() {
    assertQuoted("no name", () -> Tls.system().serverName("no name"));
    assertQuoted("a/b", () -> pool("tls", "serverName=a/b"));
  }

  /** Only the handshake can tell; it is all that this server ever gets. */
  @Test
  void aHostNameThatIsNotTheServers() throws Exception {
    TestCertificates other = TestCertificates.ofOtherHost();
    SSLContext context = Tls.system().identity(other.certificate(), other.key()).context();
    AtomicInteger bytes = new AtomicInteger();
    Behaviour listening = c -> bytes.addAndGet(c.readBytes(1) == null ? 0 : 1);
    try (FlakyServer tls = FlakyServer.startTls(context, false, listening)) {
      String uri = "tls://" + tls.endpoint() + "?framing=lines&ca=" + other.certificate();
      try (TcpPool pool = TcpPool.of(uri).build();
          TcpPool asking = TcpPool.of(uri + "&serverName=third.example").build()) {
        assertTold(tls.endpoint().toString(), () -> ask(pool));
        assertTold("third.example", () -> ask(asking));
      }
      assertTrue(tls.accepted() >= 2);
    }
    assertEquals(0, bytes.get());
  }

  private TcpPool pool(String scheme, String options) {
    return TcpPool.of(scheme + "://" + server.endpoint() + "?" + options).build();
  }

  private static void assertQuoted(String value, Executable mistake) {
    var wrong = assertThrows(IllegalArgumentException.class, mistake);
    assertTrue(wrong.getMessage().contains(value), wrong::getMessage);
  }

  private static void assertTold(String value, Executable attempt) {
    Throwable failed = assertThrows(Exception.class, attempt);
    StringBuilder told = new StringBuilder();
    for (Throwable each = failed; each != null; each = each.getCause()) {
      told.append(each).append('\n');
    }
    assertTrue(told.toString().contains(value), told::toString);
  }
}
