package io.connpool.mux;

final class MessagesMuxTest extends MuxContract {
  MessagesMuxTest() {
    super(Carrier.MESSAGES);
  }
}
