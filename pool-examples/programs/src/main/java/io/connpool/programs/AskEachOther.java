package io.connpool.programs;

import io.connpool.mux.MuxConnection;
import io.connpool.mux.MuxHandler;
import io.connpool.mux.MuxOptions;
import io.connpool.mux.MuxServer;
import io.connpool.net.Endpoint;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** Both ends of a multiplexed connection ask, over the same socket at the same time. */
public final class AskEachOther {
  private AskEachOther() {}

  /** The client asks for a price; the server asks back how many, and then answers. */
  public static void main(String[] arguments) throws Exception {
    MuxHandler shop =
        request -> {
          String goods = text(request.body());
          String many = text(request.connection().call(bytes("how many " + goods + "?")));
          System.out.println("server learned: " + many);
          return bytes(many + " " + goods + " are " + 3 * Integer.parseInt(many) + " dollars");
        };
    MuxHandler customer =
        request -> {
          System.out.println("client is asked: " + text(request.body()));
          return bytes("4");
        };
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    try (MuxServer server = MuxServer.listen(any, shop);
        MuxConnection connection =
            MuxConnection.connect(
                Endpoint.of("127.0.0.1", server.port()), MuxOptions.defaults(), customer)) {
      System.out.println("answer: " + text(connection.call(bytes("apples"))));
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
