package io.connpool.programs;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client as anybody would write it; it knows nothing of pools. */
final class LineClient implements AutoCloseable {
  private final Socket socket;
  private final BufferedReader answers;

  LineClient(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    answers =
        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
  }

  String ask(String line) throws IOException {
    socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
    String answer = answers.readLine();
    if (answer == null) {
      throw new EOFException("the server closed the connection");
    }
    return answer;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
