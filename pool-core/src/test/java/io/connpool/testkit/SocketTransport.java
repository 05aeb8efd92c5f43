package io.connpool.testkit;

import io.connpool.DialContext;
import io.connpool.Transport;
import io.connpool.net.Endpoint;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;

/** Plain sockets that speak the line protocol, without a probe: as simple as transports get. */
class SocketTransport implements Transport<Socket> {
  private final InetSocketAddress address;

  SocketTransport(Endpoint endpoint) {
    address = new InetSocketAddress(endpoint.host(), endpoint.port());
  }

  @Override
  public Socket dial(DialContext context) throws IOException {
    Socket socket = new Socket();
    try {
      socket.connect(address, millis(context.remaining()));
      ask(socket, "hello", context.remaining());
      return socket;
    } catch (IOException failure) {
      socket.close();
      throw failure;
    }
  }

  @Override
  public void heartbeat(Socket socket, Duration limit) throws IOException {
    ask(socket, "ping", limit);
  }

  static void ask(Socket socket, String line, Duration limit) throws IOException {
    socket.setSoTimeout(millis(limit));
    send(socket, line);
    byte[] expected = ("answer " + line + "\n").getBytes(StandardCharsets.UTF_8);
    InputStream in = socket.getInputStream();
    byte[] answer = in.readNBytes(expected.length);
    if (answer.length < expected.length) {
      throw new EOFException();
    }
    if (!Arrays.equals(expected, answer)) {
      throw new IOException("not the answer: " + new String(answer, StandardCharsets.UTF_8));
    }
  }

  static void send(Socket socket, String line) throws IOException {
    socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private static int millis(Duration limit) {
    return (int) Math.max(1, limit.toMillis()); // 0 would be for ever
  }
}
