package io.connpool.bench;

import io.connpool.bench.acquire.AcquireCommand;
import io.connpool.bench.acquire.CompareAcquireCommand;
import io.connpool.bench.harness.ReportCommand;
import io.connpool.bench.mux.CompareMuxCommand;
import io.connpool.bench.mux.MuxCommand;
import io.connpool.bench.mux.MuxServeCommand;
import io.connpool.bench.tcp.CompareTcpCommand;
import io.connpool.bench.tcp.TcpCommand;
import io.connpool.bench.thrift.CompareThriftCommand;
import io.connpool.bench.thrift.ThriftCommand;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command line of the benchmark. Without a command it lists its commands. */
@Command(
    name = "bench",
    description = "Measures ConnPool and its peers.",
    mixinStandardHelpOptions = true,
    subcommands = {
      AcquireCommand.class,
      TcpCommand.class,
      MuxCommand.class,
      MuxServeCommand.class,
      ThriftCommand.class,
      Bench.Compare.class,
      JmhCommand.class
    })
public final class Bench implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  CommandSpec spec;

  /** Groups the comparisons. */
  @Command(
      name = "compare",
      description = "Measures all peers in turn and prints the ratios.",
      mixinStandardHelpOptions = true,
      subcommands = {
        CompareAcquireCommand.class,
        CompareTcpCommand.class,
        CompareMuxCommand.class,
        CompareThriftCommand.class
      })
  static final class Compare {}

  /** Called by picocli where there is no command. */
  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  static CommandLine commandLine() {
    return new CommandLine(new Bench())
        .addSubcommand(
            new ReportCommand(
                List.of(
                    new CompareAcquireCommand(),
                    new CompareTcpCommand(),
                    new CompareMuxCommand(),
                    new CompareThriftCommand())));
  }

  /**
   * Runs one command.
   *
   * @param arguments the command and its options
   */
  public static void main(String[] arguments) {
    // No peer logs anything; slf4j, which HikariCP and Thrift use, would say that it has no
    // provider.
    System.setProperty("slf4j.internal.verbosity", "ERROR");
    System.exit(commandLine().execute(arguments));
  }
}
