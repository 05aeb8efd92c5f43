package io.connpool.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.connpool.net.Deadline;
import io.connpool.net.Endpoint;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A {@link FlakyServer} in a process of its own, which can be killed or stopped as no thread can.
 * It keeps its port for life, and dies with the process that started it.
 *
 * <p>Not to be used by several threads at once.
 */
public final class FlakyServerProcess implements AutoCloseable {

  /** Signals arrive within microseconds; a process that goes on so long is not stopped at all. */
  private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

  private final Class<?> mainClass;
  private final String argument;
  private final int port;
  private Process process;
  private @Nullable PortHolder holder;

  private FlakyServerProcess(Class<?> mainClass, String argument) throws IOException {
    this.mainClass = mainClass;
    this.argument = argument;
    this.process = launch(0);
    this.port = portPrintedBy(process);
  }

  /**
   * Starts one and waits until it listens.
   *
   * @param behaviour of every connection, as {@link Behaviour#parse} reads it
   * @return the process, to be closed by the caller
   * @throws IOException if it does not start, with what it printed
   */
  public static FlakyServerProcess start(String behaviour) throws IOException {
    return new FlakyServerProcess(FlakyServer.class, behaviour);
  }

  /**
   * Starts a server of another kind.
   *
   * @param mainClass serves until it is killed; is given the argument and a port, 0 for any, and
   *     prints the port
   * @param argument the first argument
   * @return the process, to be closed by the caller
   * @throws IOException if it does not start, with what it printed
   */
  public static FlakyServerProcess start(Class<?> mainClass, String argument) throws IOException {
    return new FlakyServerProcess(mainClass, argument);
  }

  /** The port, the same for life. */
  public int port() {
    return port;
  }

  /** Where clients dial. */
  public Endpoint endpoint() {
    return Endpoint.of(InetAddress.getLoopbackAddress().getHostAddress(), port);
  }

  /** Ends it as a crash would and waits until it is gone; connects are refused from then on. */
  public void kill() throws IOException {
    process.destroyForcibly().onExit().join();
    if (holder == null) {
      holder = PortHolder.hold(port);
    }
  }

  /** Kills it unless that was done, starts it again on its port and waits until it listens. */
  public void restart() throws IOException {
    kill();
    releasePort();
    process = launch(port);
    portPrintedBy(process);
  }

  /**
   * Stops it as a frozen machine would and waits until nothing in it runs. The kernel goes on
   * accepting connections and acknowledging bytes.
   */
  public void pause() throws IOException, InterruptedException {
    signal("STOP");
    awaitStopped();
  }

  /** Lets it go on after a pause. */
  public void resume() throws IOException, InterruptedException {
    signal("CONT");
  }

  /** Kills it. */
  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
    releasePort();
  }

  Process process() {
    return process;
  }

  private void releasePort() {
    if (holder != null) {
      holder.close();
      holder = null;
    }
  }

  private Process launch(int onPort) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            // A test waits for the start, so what pays off only in a long life is left out.
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            mainClass.getName(),
            argument,
            Integer.toString(onPort))
        .redirectErrorStream(true)
        .start();
  }

  private static int portPrintedBy(Process process) throws IOException {
    List<String> printed = new ArrayList<>();
    BufferedReader output = process.inputReader(UTF_8);
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.matches("\\d+")) {
        return Integer.parseInt(line);
      }
      // Not only errors: a JVM also announces the options it takes from the environment.
      printed.add(line);
    }
    throw new IOException("the server did not start: " + String.join("\n", printed));
  }

  private void signal(String name) throws IOException, InterruptedException {
    String pid = Long.toString(process.pid());
    int exit = new ProcessBuilder("kill", "-" + name, pid).inheritIO().start().waitFor();
    if (exit != 0) {
      throw new IOException("kill -" + name + " " + pid + " ended with " + exit);
    }
  }

  private void awaitStopped() throws IOException {
    Path tasks = Path.of("/proc", Long.toString(process.pid()), "task");
    boolean visible = Files.isDirectory(tasks);
    Deadline deadline = Deadline.after(STOP_LIMIT);
    while (visible && !allStopped(tasks)) {
      if (deadline.hasPassed()) {
        throw new IOException("process " + process.pid() + " goes on after SIGSTOP");
      }
      Thread.onSpinWait();
    }
  }

  private static boolean allStopped(Path tasks) throws IOException {
    try (Stream<Path> each = Files.list(tasks)) {
      for (Path task : each.toList()) {
        if (!Files.readString(task.resolve("status")).contains("State:\tT")) {
          return false;
        }
      }
      return true;
    } catch (NoSuchFileException threadEndedMeanwhile) {
      return false;
    }
  }
}
