package io.connpool.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of one connection, as a {@link Behaviour} sees it. The methods that read block
 * until there is something to read; all of them end with an {@link IOException} when the server
 * closes the connection. Reading belongs to the thread of the behaviour, the rest to any thread.
 */
public final class FlakyConnection implements AutoCloseable {

  /** What is done with one line. */
  @FunctionalInterface
  public interface LineHandler {
    /**
     * Handles it.
     *
     * @param line without its line feed
     * @throws IOException if the connection ended
     * @throws InterruptedException if the server is being closed
     */
    void handle(String line) throws IOException, InterruptedException;
  }

  private final Socket socket;
  private final CountDownLatch serverClosed;
  private final InputStream in;
  private final OutputStream out;

  FlakyConnection(Socket socket, CountDownLatch serverClosed) throws IOException {
    this.socket = socket;
    this.serverClosed = serverClosed;
    this.in = new BufferedInputStream(socket.getInputStream());
    this.out = socket.getOutputStream();
    // Small writes in a row, as of stray bytes behind an answer, must not wait for
    // acknowledgements.
    socket.setTcpNoDelay(true);
  }

  /** Reads one line; null if the peer has closed before the end of one. */
  public @Nullable String readLine() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    synchronized (in) {
      for (int one = in.read(); one >= 0; one = in.read()) {
        if (one == '\n') {
          return line.toString(UTF_8);
        }
        line.write(one);
      }
      return null;
    }
  }

  /** Hands every line to the handler until the peer closes. */
  public void forEachLine(LineHandler handler) throws IOException, InterruptedException {
    forEachLine(Integer.MAX_VALUE, handler);
  }

  /** Hands so many lines to the handler, fewer if the peer closes. */
  public void forEachLine(int limit, LineHandler handler) throws IOException, InterruptedException {
    for (int i = 0; i < limit; i++) {
      String line = readLine();
      if (line == null) {
        return;
      }
      handler.handle(line);
    }
  }

  /** Reads so many bytes, fewer if the peer closes. */
  public void skip(int bytes) throws IOException {
    synchronized (in) {
      in.readNBytes(bytes);
    }
  }

  /** Reads and forgets until the peer closes. */
  public void drain() throws IOException {
    synchronized (in) {
      in.transferTo(OutputStream.nullOutputStream());
    }
  }

  /** Sends back what comes until the peer closes. */
  public void echo() throws IOException {
    synchronized (in) {
      in.transferTo(out);
    }
  }

  /** From now on a read that waits longer than this ends the connection. */
  public void readTimeout(Duration timeout) throws IOException {
    socket.setSoTimeout(Math.toIntExact(timeout.toMillis()));
  }

  /** Reads exactly so many bytes; null if the peer closes before the first one. */
  public byte @Nullable [] readBytes(int count) throws IOException {
    synchronized (in) {
      byte[] bytes = in.readNBytes(count);
      if (bytes.length == 0 && count > 0) {
        return null;
      }
      if (bytes.length < count) {
        throw new EOFException("the peer closed after " + bytes.length + " of " + count + " bytes");
      }
      return bytes;
    }
  }

  /** Sends the bytes as they are. */
  public void send(byte[] bytes) throws IOException {
    synchronized (out) {
      out.write(bytes);
    }
  }

  /** Sends the text as it is. */
  public void send(String text) throws IOException {
    synchronized (out) {
      out.write(text.getBytes(UTF_8));
    }
  }

  /** Sends the answer to a line. */
  public void answer(String line) throws IOException {
    send(answerTo(line));
  }

  /** Sends the first half of the answer. */
  public void answerHalf(String line) throws IOException {
    String answer = answerTo(line);
    send(answer.substring(0, answer.length() / 2));
  }

  /** Sends the answer in single characters and waits after each. */
  public void answerInDrips(String line, Duration interval)
      throws IOException, InterruptedException {
    for (char one : answerTo(line).toCharArray()) {
      send(String.valueOf(one));
      pause(interval);
    }
  }

  private static String answerTo(String line) {
    return "answer " + line + "\n";
  }

  /** Waits so long; when the server closes meanwhile, what would come next is not done any more. */
  public void pause(Duration duration) throws InterruptedException {
    if (serverClosed.await(duration.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new InterruptedException("the server is closing");
    }
  }

  /** Waits until the server closes. */
  public void stall() throws InterruptedException {
    while (true) {
      pause(Duration.ofHours(1));
    }
  }

  /** Sends a FIN; the peer may go on sending. */
  public void finishSending() throws IOException {
    socket.shutdownOutput();
  }

  /** Closes with a RST, unless it is closed already; bytes still on their way are lost. */
  public void reset() throws IOException {
    try {
      // A linger time of 0 is how TCP is told to forget the connection instead of finishing it.
      socket.setSoLinger(true, 0);
    } catch (SocketException failure) {
      if (!socket.isClosed()) {
        throw failure;
      }
    }
    close();
  }

  /**
   * Closes with a FIN, or with a RST if bytes of the peer were never read. It is on the wire when
   * this returns. Closing again does nothing.
   */
  @Override
  public void close() throws IOException {
    socket.close();
    // A call that is still inside the kernel keeps the connection alive there. The close wakes it,
    // and its monitor is free when it has come out.
    synchronized (in) {
      in.close();
    }
    synchronized (out) {
      out.close();
    }
  }
}
