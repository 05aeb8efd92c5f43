package io.connpool.tcp;

import static io.connpool.tcp.Conversation.LIMIT;
import static io.connpool.tcp.Conversation.bytes;
import static io.connpool.tcp.Conversation.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.connpool.net.Endpoint;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The two example programs of gtcp's manual, against a peer that reads and writes its package
 * format with the JDK's data streams: two bytes of length, big endian, then the payload.
 */
class GtcpExamplesTest {

  /** Answers {@code > x} to {@code x}; may drop the connection after each answer. */
  private static final class PackagePeer implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final boolean drops;

    PackagePeer(boolean drops) throws IOException {
      this.drops = drops;
      daemon(this::accept);
    }

    private static void daemon(Runnable task) {
      Thread thread = new Thread(task, "gtcp-peer");
      thread.setDaemon(true);
      thread.start();
    }

    Endpoint endpoint() {
      return Endpoint.of("127.0.0.1", listener.getLocalPort());
    }

    private void accept() {
      try {
        while (true) {
          Socket socket = listener.accept();
          daemon(() -> serve(socket));
        }
      } catch (SocketException closed) {
        // the end of the test
      } catch (IOException failure) {
        throw new AssertionError(failure);
      }
    }

    private void serve(Socket socket) {
      try (socket) {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        DataOutputStream out = new DataOutputStream(socket.getOutputStream());
        do {
          byte[] request = new byte[in.readUnsignedShort()];
          in.readFully(request);
          byte[] answer = ("> " + new String(request, UTF_8)).getBytes(UTF_8);
          out.writeShort(answer.length);
          out.write(answer);
        } while (!drops);
      } catch (EOFException | SocketException ended) {
        // the client has what it wanted
      } catch (IOException failure) {
        throw new AssertionError(failure);
      }
    }

    @Override
    public void close() throws IOException {
      listener.close();
    }
  }

  @Test
  void example1_theSameLocalPortThroughout() throws Exception {
    try (PackagePeer peer = new PackagePeer(false);
        TcpPool pool = TcpPool.to(peer.endpoint()).timeout(LIMIT).compat("gtcp").build()) {
      Set<SocketAddress> ports = new HashSet<>();
      for (int i = 0; i < 20; i++) {
        String request = "2018-07-11 2" + i;
        String answer =
            pool.pool()
                .call(
                    conn -> {
                      ports.add(conn.localAddress());
                      return text(conn.exchange(bytes(request)));
                    });
        assertEquals("> " + request, answer);
      }
      assertEquals(1, ports.size());
    }
  }

  /** gtcp's program sees an error at every second request; ours none, and a new port each time. */
  @Test
  void example2_aPeerThatDropsTheConnectionAfterEachAnswer() throws Exception {
    try (PackagePeer peer = new PackagePeer(true);
        TcpPool pool =
            TcpPool.to(peer.endpoint())
                .timeout(LIMIT)
                .compat("gtcp")
                .probeAfter(Duration.ZERO)
                .build()) {
      Set<SocketAddress> ports = new HashSet<>();
      for (int i = 0; i < 20; i++) {
        String request = "2018-07-11 2" + i;
        String answer =
            pool.pool()
                .call(
                    conn -> {
                      String read = text(conn.exchangeIdempotent(bytes(request)));
                      ports.add(conn.localAddress());
                      return read;
                    });
        assertEquals("> " + request, answer);
      }
      assertEquals(20, ports.size());
    }
  }
}
