package io.connpool.mux;

final class TcpMuxTest extends MuxContract {
  TcpMuxTest() {
    super(Carrier.TCP);
  }
}
