package io.connpool.thrift;

import io.connpool.Lease;

/** A client whose calls all go over one connection, until the lease ends. */
final class ThriftLease<I> implements Lease<I> {
  private final Lease<?> lease;
  private final I client;

  ThriftLease(Lease<?> lease, Service<I> service, OneConnection calls) {
    this.lease = lease;
    client = service.proxy(service + " client of one lease", calls);
  }

  @Override
  public I get() {
    Object unused = lease.get(); // throws if the lease has ended
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
