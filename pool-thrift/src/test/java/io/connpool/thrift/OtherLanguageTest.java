package io.connpool.thrift;

import static io.connpool.thrift.ThriftWorld.connections;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.connpool.thrift.gen.Echo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.thrift.TApplicationException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A server in Python, with the library of Debian's package python3-thrift. */
class OtherLanguageTest {
  private static String python = "";

  @RegisterExtension final ThriftWorld world = new ThriftWorld();

  @BeforeAll
  static void findPython() {
    // Debian's own first: packages are for that one, whatever else is on the path
    Optional<String> found =
        Stream.of("/usr/bin/python3", "python3").filter(OtherLanguageTest::hasThrift).findFirst();
    assumeTrue(
        found.isPresent(),
        "NOT RUN: no python3 with Thrift; on Debian: apt install python3-thrift");
    python = found.orElseThrow();
  }

  private static boolean hasThrift(String command) {
    try {
      return new ProcessBuilder(command, "-c", "import thrift").start().waitFor() == 0;
    } catch (IOException notThere) {
      return false;
    } catch (InterruptedException ended) {
      throw new AssertionError(ended);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "BINARY,true",
    "BINARY,false",
    "COMPACT,true",
    "COMPACT,false",
    "JSON,true",
    "JSON,false"
  })
  void aServerInPythonIsServedLikeAnyOther(Encoding encoding, boolean framed) throws Exception {
    Path script = Path.of(Objects.requireNonNull(getClass().getResource("echo_server.py")).toURI());
    Process server =
        new ProcessBuilder(
                python,
                script.toString(),
                encoding.name().toLowerCase(Locale.ROOT),
                framed ? "framed" : "buffered")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      int port = Integer.parseInt(server.inputReader().readLine());
      ThriftPool<Echo.Iface> pool =
          world.pool(
              MatrixTest.speaking(ThriftPool.builder(Echo.Iface.class), encoding, framed)
                  .endpoint("127.0.0.1", port)
                  .heartbeatByUnknownMethod()
                  .maxActive(1));

      for (int i = 0; i < 10; i++) {
        assertEquals("answer to \u00e4" + i, pool.client().echo("\u00e4" + i));
      }
      TApplicationException unknown =
          assertThrows(TApplicationException.class, () -> pool.client().ping());
      assertEquals(TApplicationException.UNKNOWN_METHOD, unknown.getType());
      String large = "x".repeat(50_000);
      assertEquals("answer to " + large, pool.client().echo(large));

      assertEquals(1, pool.stats().dialed());
      assertEquals(1, connections(pool));
    } finally {
      server.destroy();
      server.waitFor();
    }
  }
}
