package io.connpool.demo;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A server of the demo in a process of its own, which comes back on the same port. */
final class ServerProcess implements AutoCloseable {

  /** A JVM starts in a fraction of a second; a machine that needs longer is too busy for a demo. */
  private static final long START_LIMIT_SECONDS = 10;

  /** The kernel needs a moment to end a killed process and to free its port. */
  private static final long KILL_LIMIT_SECONDS = 5;

  /** Where the port is in the command: behind java, -cp, the class path, the main class. */
  private static final int PORT_AT = 4;

  /** What is known about it, because it was done to it. */
  enum Condition {
    /** It serves. */
    UP,
    /** There is no process. */
    KILLED,
    /** The process is frozen; the kernel goes on accepting connections for it. */
    STOPPED,
    /** The process runs and reads, but answers nothing. */
    HUNG
  }

  private final String name;
  private final List<String> command;
  private volatile Process process;
  private volatile Condition condition = Condition.KILLED;
  private int port;

  /**
   * Starts an {@link EchoServer} on any free port.
   *
   * @throws IOException if it did not start
   */
  static ServerProcess echo(String name, long workMillis, long lieEvery)
      throws IOException, InterruptedException {
    List<Long> arguments = List.of(workMillis, lieEvery);
    return new ServerProcess(name, arguments, EchoServer.class);
  }

  /**
   * Starts a server on any free port.
   *
   * @param arguments for the main class, behind the port
   * @param mainClass on a {@link Leash}
   * @param needed classes from wherever it needs more than where it is itself
   * @throws IOException if it did not start
   */
  ServerProcess(String name, List<Long> arguments, Class<?> mainClass, Class<?>... needed)
      throws IOException, InterruptedException {
    this.name = name;
    String classPath =
        Stream.concat(Stream.of(mainClass), Stream.of(needed))
            .map(each -> whereIs(each).toString())
            .distinct()
            .collect(Collectors.joining(File.pathSeparator));
    command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", classPath, mainClass.getName(), "0"));
    arguments.forEach(argument -> command.add(argument.toString()));
    start();
  }

  /**
   * Starts the server again, on its port.
   *
   * @throws IOException if it did not start
   */
  void start() throws IOException, InterruptedException {
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try {
      String line = firstLine();
      port = Integer.parseInt(line);
      command.set(PORT_AT, line);
      condition = Condition.UP;
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
    condition = Condition.KILLED;
  }

  /** Stops it as a frozen machine would; the kernel goes on accepting connections for it. */
  void pause() throws IOException, InterruptedException {
    signal("STOP");
    condition = Condition.STOPPED;
  }

  /** Lets it go on after a pause. */
  void resume() throws IOException, InterruptedException {
    signal("CONT");
    condition = Condition.UP;
  }

  /** Lets it read, but answer nothing any more. */
  void hang() throws IOException {
    say("hang");
    condition = Condition.HUNG;
  }

  /** Lets it answer again. */
  void goOn() throws IOException {
    say("go-on");
    condition = Condition.UP;
  }

  private void signal(String name) throws IOException, InterruptedException {
    String pid = Long.toString(process.pid());
    int exit = new ProcessBuilder("kill", "-" + name, pid).inheritIO().start().waitFor();
    if (exit != 0) {
      throw new IOException("kill -%s %s ended with exit code %d".formatted(name, pid, exit));
    }
  }

  /**
   * Gives it an order, see {@link Leash} and {@link EchoServer}.
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

  /** Of the last process there was. */
  long pid() {
    return process.pid();
  }

  /** As far as nobody but this has done something to it. */
  Condition condition() {
    return condition == Condition.UP && !process.isAlive() ? Condition.KILLED : condition;
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
