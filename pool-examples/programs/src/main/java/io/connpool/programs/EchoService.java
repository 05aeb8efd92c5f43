package io.connpool.programs;

import io.connpool.examples.gen.ConnPoolExample;

/** The service behind the Thrift programs. */
final class EchoService implements ConnPoolExample.Iface {
  @Override
  public String Ping(String meta) {
    return "pong " + meta;
  }

  @Override
  public String Echo(String req) {
    return req;
  }
}
