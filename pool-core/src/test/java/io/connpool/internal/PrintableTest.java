package io.connpool.internal;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PrintableTest {

  @Test
  void whatCannotBePrintedIsEscapedSoThatItCannotForgeALogLine() {
    assertEquals(
        "-ERR \\\"max\\\" \\\\ clients\\r\\n\\t\\x00\\x1b\\x7f\\xff",
        Printable.of("-ERR \"max\" \\ clients\r\n\t\0\33\177\377".getBytes(ISO_8859_1)));
  }

  @Test
  void theFirst256BytesAreEnough() {
    assertEquals("a".repeat(256), Printable.of("a".repeat(10_000).getBytes(ISO_8859_1)));
  }
}
