package io.connpool.bench.mux;

import io.connpool.bench.mux.peer.Peers;
import io.connpool.bench.mux.peer.Server;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The server's side of a measurement in two processes; started by {@link ServerProcess}. */
@Command(name = MuxServeCommand.NAME, hidden = true, description = "Serves until its input ends.")
public final class MuxServeCommand implements Callable<Integer> {
  static final String NAME = "mux-serve";

  /** Stands before the port in the line that tells it. */
  static final String PORT = "port ";

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  CommandSpec spec;

  @Option(names = "--peer", description = "Which server.")
  String peer = "connpool";

  @Override
  public Integer call() throws Exception {
    try (Server server = Peers.named(peer).serve()) {
      PrintWriter out = spec.commandLine().getOut();
      out.println(PORT + server.port());
      out.flush();
      while (System.in.read() >= 0) {
        // whoever started this closes it
      }
    }
    return 0;
  }
}
