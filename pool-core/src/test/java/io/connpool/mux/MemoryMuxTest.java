package io.connpool.mux;

final class MemoryMuxTest extends MuxContract {
  MemoryMuxTest() {
    super(Carrier.MEMORY);
  }
}
