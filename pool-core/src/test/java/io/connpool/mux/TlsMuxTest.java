package io.connpool.mux;

final class TlsMuxTest extends MuxContract {
  TlsMuxTest() {
    super(Carrier.TLS);
  }
}
