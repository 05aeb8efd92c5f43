package io.connpool.demo;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An {@link EchoServer} that can be killed and comes back on the same port. */
final class ServerProcess implements AutoCloseable {

  /** A JVM starts in a fraction of a second; a machine that needs longer is too busy for a demo. */
  private static final long START_LIMIT_SECONDS = 10;

  /** The kernel needs a moment to end a killed process and to free its port. */
  private static final long KILL_LIMIT_SECONDS = 5;

  private final String name;
  private final long lieEvery;
  private final Class<?> mainClass;
  private final String classPath;
  private volatile Process process;
  private int port;

  /**
   * Starts a server on any free port.
   *
   * @throws IOException if it did not start
   */
  ServerProcess(String name, long lieEvery) throws IOException, InterruptedException {
    this(name, lieEvery, EchoServer.class);
  }

  /**
   * Starts a server of another kind on any free port.
   *
   * @param mainClass is given the port and {@code lieEvery}, and prints the port
   * @param needed classes from wherever it needs more than where it is itself
   * @throws IOException if it did not start
   */
  ServerProcess(String name, long lieEvery, Class<?> mainClass, Class<?>... needed)
      throws IOException, InterruptedException {
    this.name = name;
    this.lieEvery = lieEvery;
    this.mainClass = mainClass;
    this.classPath =
        Stream.concat(Stream.of(mainClass), Stream.of(needed))
            .map(each -> whereIs(each).toString())
            .distinct()
            .collect(Collectors.joining(File.pathSeparator));
    start();
  }

  /**
   * Starts the server again, on its port.
   *
   * @throws IOException if it did not start
   */
  void start() throws IOException, InterruptedException {
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath,
                mainClass.getName(),
                Integer.toString(port),
                Long.toString(lieEvery))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      port = Integer.parseInt(firstLine());
    } catch (IOException | InterruptedException failure) {
      process.destroyForcibly();
      throw failure;
    }
  }

  /** In a jar or in a directory. */
  private static Path whereIs(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private String firstLine() throws IOException, InterruptedException {
    BufferedReader output = process.inputReader();
    FutureTask<String> line = new FutureTask<>(output::readLine);
    Thread reader = new Thread(line, "demo-start-" + name);
    reader.setDaemon(true);
    reader.start();
    try {
      String port = line.get(START_LIMIT_SECONDS, TimeUnit.SECONDS);
      if (port == null) {
        throw new IOException(
            this + " did not start: it ended with exit code " + process.waitFor());
      }
      return port;
    } catch (TimeoutException tooLong) {
      throw new IOException(this + " did not start within " + START_LIMIT_SECONDS + " s", tooLong);
    } catch (ExecutionException unreadable) {
      throw new IOException(this + " did not start", unreadable.getCause());
    }
  }

  /** Ends the process as {@code kill -9} does, and waits until it is gone. */
  void kill() throws IOException, InterruptedException {
    if (!process.destroyForcibly().waitFor(KILL_LIMIT_SECONDS, TimeUnit.SECONDS)) {
      throw new IOException(this + " could not be killed");
    }
  }

  /** Stops it as a frozen machine would; the kernel goes on accepting connections for it. */
  void pause() throws IOException, InterruptedException {
    signal("STOP");
  }

  /** Lets it go on after a pause. */
  void resume() throws IOException, InterruptedException {
    signal("CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    String pid = Long.toString(process.pid());
    int exit = new ProcessBuilder("kill", "-" + name, pid).inheritIO().start().waitFor();
    if (exit != 0) {
      throw new IOException("kill -%s %s ended with exit code %d".formatted(name, pid, exit));
    }
  }

  /**
   * Tells it to misbehave, see {@link EchoServer}.
   *
   * @throws IOException if it does not listen any more
   */
  void say(String command) throws IOException {
    BufferedWriter input = process.outputWriter();
    input.write(command);
    input.newLine();
    input.flush();
  }

  int port() {
    return port;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  /** For messages. */
  @Override
  public String toString() {
    return "server " + name + " (pid " + process.pid() + ")";
  }
}
