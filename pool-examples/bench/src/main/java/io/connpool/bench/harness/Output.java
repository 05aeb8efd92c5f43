package io.connpool.bench.harness;

import java.io.PrintWriter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How a command prints what it has measured: an option of each that measures. */
public final class Output {
  @Spec(Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init") // by picocli
  CommandSpec command;

  @Option(names = "--json", description = "Prints one JSON object.")
  boolean json;

  /** For picocli. */
  public Output() {}

  /**
   * Prints a result, for people or on one line.
   *
   * @param result what was measured
   */
  public void print(JsonLine result) {
    PrintWriter out = command.commandLine().getOut();
    out.println(json ? result : result.indented());
    out.flush();
  }
}
