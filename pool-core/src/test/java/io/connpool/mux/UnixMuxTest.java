package io.connpool.mux;

final class UnixMuxTest extends MuxContract {
  UnixMuxTest() {
    super(Carrier.UNIX);
  }
}
