package io.connpool.lines;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** A connection to a server that answers line by line. */
public final class LineConnection implements Closeable {
  private final SocketChannel channel;
  private final BufferedReader answers;

  LineConnection(SocketChannel channel) throws IOException {
    this.channel = channel;
    answers =
        new BufferedReader(
            new InputStreamReader(channel.socket().getInputStream(), StandardCharsets.UTF_8));
  }

  SocketChannel channel() {
    return channel;
  }

  /** Sends a line and waits for the answer. */
  public String ask(String line, Duration limit) throws IOException {
    channel.socket().setSoTimeout((int) Math.max(1, limit.toMillis())); // 0 would be for ever
    channel.socket().getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
    String answer = answers.readLine();
    if (answer == null) {
      throw new EOFException("the server has ended the connection");
    }
    return answer;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
