package io.connpool.bench.mux;

import io.connpool.bench.mux.peer.Server;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server in a JVM of its own, which ends when its input does: so never later than this one. */
final class ServerProcess implements Server {
  private static final int PATIENCE_SECONDS = 10;

  private final Process process;
  private final int port;

  private ServerProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  static ServerProcess start(Class<?> mainClass, String peer) throws IOException {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xms512m",
                    "-Xmx512m",
                    "-cp",
                    System.getProperty("java.class.path"),
                    mainClass.getName(),
                    MuxServeCommand.NAME,
                    "--peer",
                    peer))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      return new ServerProcess(process, portOf(process));
    } catch (Throwable failure) {
      process.destroyForcibly();
      throw failure;
    }
  }

  /** Whatever else a peer prints when it starts is not for us. */
  private static int portOf(Process process) throws IOException {
    try {
      return process
          .inputReader()
          .lines()
          .filter(line -> line.startsWith(MuxServeCommand.PORT))
          .map(line -> Integer.parseInt(line.substring(MuxServeCommand.PORT.length())))
          .findFirst()
          .orElseThrow(() -> new IOException("the server has ended without listening"));
    } catch (UncheckedIOException unreadable) {
      throw unreadable.getCause();
    }
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public void close() {
    process.destroy(); // it has nothing to lose; if this does not reach it, the end of ours does
    process.onExit().orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
  }
}
