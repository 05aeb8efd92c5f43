package io.connpool.mux;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/** An echo server in a process of its own; see {@code FlakyServerProcess}. */
final class EchoProcess {
  private EchoProcess() {}

  public static void main(String[] arguments) throws Exception {
    InetSocketAddress address =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[1]));
    try (MuxServer server = MuxServer.listen(address, MuxRequest::body)) {
      System.out.println(server.port());
      while (System.in.read() >= 0) {
        // the process that started this one has not ended
      }
    }
  }
}
