package io.connpool.testkit;

import io.connpool.Transport;
import io.connpool.testkit.FakeTransport.Function;
import io.connpool.testkit.FakeTransport.Step;
import java.io.IOException;

/** The transport that the tests of the pool rely on is one. */
final class FakeTransportTest extends TransportContract<FakeConn> {
  private final FakeTransport transport = new FakeTransport(new ManualClock(), 1);

  @Override
  protected Transport<FakeConn> transport() {
    return transport;
  }

  @Override
  protected TransportPeer peer() {
    return new TransportPeer() {
      @Override
      public void serve() {
        transport.always(Function.DIAL, Step.OK).always(Function.HEARTBEAT, Step.OK);
      }

      @Override
      public void refuse() {
        transport.always(Function.DIAL, Step.THROW);
      }

      @Override
      public void silence() {
        transport.always(Function.HEARTBEAT, Step.HANG);
      }

      @Override
      public void cutAll() {
        transport.open().forEach(FakeConn::kill);
      }

      @Override
      public int open() {
        return (int) transport.open().stream().filter(connection -> !connection.isDead()).count();
      }
    };
  }

  @Override
  protected void use(FakeConn connection) throws IOException {
    connection.use();
    if (connection.isDead()) {
      throw new IOException(connection + " is dead");
    }
  }
}
