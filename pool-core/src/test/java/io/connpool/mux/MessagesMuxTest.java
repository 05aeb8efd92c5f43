package io.connpool.mux;

import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

@EnabledIfSystemProperty(
    named = "mux.messages",
    matches = "true",
    disabledReason = "the end of a connection was once not told to one side; not found yet")
final class MessagesMuxTest extends MuxContract {
  MessagesMuxTest() {
    super(Carrier.MESSAGES);
  }
}
