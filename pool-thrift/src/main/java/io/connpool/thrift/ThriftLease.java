package io.connpool.thrift;

import io.connpool.Lease;
import java.time.Duration;

/** A client whose calls all go over one connection, until the lease ends. */
final class ThriftLease<I> implements Lease<I> {
  private final Lease<ThriftConnection> lease;
  private final I client;

  ThriftLease(Lease<ThriftConnection> lease, Service<I> service, Duration timeout) {
    this.lease = lease;
    // get throws once the lease has ended, so a client that is kept never touches the connection
    client =
        service.proxy(
            service + " client of one lease", new OneConnection(lease::get, service, timeout));
  }

  @Override
  public I get() {
    ThriftConnection unused = lease.get(); // throws if the lease has ended
    return client;
  }

  @Override
  public void close() {
    lease.close();
  }

  @Override
  public void invalidate() {
    lease.invalidate();
  }

  @Override
  public void invalidate(Throwable cause) {
    lease.invalidate(cause);
  }
}
