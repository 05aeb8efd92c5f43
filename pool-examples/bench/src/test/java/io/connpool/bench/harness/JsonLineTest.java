package io.connpool.bench.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonLineTest {

  @Test
  void whatWasWrittenIsReadBack() {
    JsonLine line =
        new JsonLine()
            .with("text", "a \"quoted\" path\\n, {braces}: 1")
            .with("int", 7)
            .with("big", 123_456_789_012L)
            .with("fraction", 0.25)
            .with("yes", true);
    assertEquals(line.toString(), JsonLine.parse(line.toString()).toString());
    assertEquals(0.25, JsonLine.parse(line.toString()).number("fraction").orElseThrow());
    assertEquals(
        "{\"text\":\"a \\\"quoted\\\" path\\\\n, {braces}: 1\",\"int\":7,"
            + "\"big\":123456789012,\"fraction\":0.2500,\"yes\":true}",
        line.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "text", "{\"a\":1", "{\"a\":1}x", "{\"a\":}", "{\"a\":{}}"})
  void anythingElseIsAnErrorThatQuotesIt(String line) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> JsonLine.parse(line)).getMessage();
    assertTrue(message.contains(line), message);
  }

  @Test
  void thereIsNoInfinityInJson() {
    JsonLine line = new JsonLine().with("ratio", Double.POSITIVE_INFINITY);
    assertThrows(IllegalArgumentException.class, line::toString);
  }
}
