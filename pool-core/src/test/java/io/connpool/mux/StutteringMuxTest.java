package io.connpool.mux;

/** The contract where every write and every read is short. */
class StutteringMuxTest extends MuxContract {
  StutteringMuxTest() {
    super(Carrier.STUTTERING);
  }
}
