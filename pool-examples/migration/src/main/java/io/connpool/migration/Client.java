package io.connpool.migration;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client for a server that answers line by line. It knows nothing of pools. */
public final class Client {
  private static final int TIMEOUT_MILLIS = 2_000;

  private final Socket socket;
  private final BufferedReader answers;
  private int database;

  /** Connects. */
  public Client(String host, int port) throws IOException {
    socket = new Socket(host, port);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    answers =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
  }

  /** The database in use. */
  public int database() {
    return database;
  }

  /** Uses another database from now on. */
  public void select(int number) throws IOException {
    ask("select " + number);
    database = number;
  }

  /** The value of a key. */
  public String get(String key) throws IOException {
    return ask("get " + key);
  }

  /** Throws unless the server answers. */
  public void ping() throws IOException {
    ask("ping");
  }

  private String ask(String line) throws IOException {
    socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.ISO_8859_1));
    String answer = answers.readLine();
    if (answer == null) {
      throw new EOFException("the server closed the connection");
    }
    return answer;
  }

  /** Ends the connection. */
  public void disconnect() throws IOException {
    socket.close();
  }
}
