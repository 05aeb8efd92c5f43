package io.connpool.bench;

import io.connpool.bench.acquire.AcquireCommand;
import io.connpool.bench.acquire.CompareAcquireCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line of the benchmark. Without arguments it lists its commands. */
@Command(
    name = "bench",
    description = "Measures ConnPool and its peers.",
    mixinStandardHelpOptions = true,
    subcommands = {AcquireCommand.class, Bench.Compare.class, JmhCommand.class})
public final class Bench implements Runnable {
  private final CommandLine commandLine;

  private Bench() {
    commandLine = new CommandLine(this);
  }

  /** Only asked when no command is given. */
  @Override
  public void run() {
    commandLine.usage(commandLine.getOut());
  }

  /** Groups the comparisons. */
  @Command(
      name = "compare",
      description = "Measures all peers in turn and prints the ratios.",
      mixinStandardHelpOptions = true,
      subcommands = CompareAcquireCommand.class)
  static final class Compare {}

  /**
   * Runs one command.
   *
   * @param arguments the command and its options
   */
  public static void main(String[] arguments) {
    // No peer logs anything; slf4j, which HikariCP uses, would say that it has no provider.
    System.setProperty("slf4j.internal.verbosity", "ERROR");
    System.exit(new Bench().commandLine.execute(arguments));
  }
}
