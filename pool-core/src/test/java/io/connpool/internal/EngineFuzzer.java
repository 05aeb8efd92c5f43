package io.connpool.internal;

import java.util.SplittableRandom;

/** One seed: as many pools, one after the other, as it takes to give so many commands. */
final class EngineFuzzer {
  private final long seed;
  private final int commands;
  private final FuzzTrace trace = new FuzzTrace();

  EngineFuzzer(long seed, int commands) {
    this.seed = seed;
    this.commands = commands;
  }

  /**
   * Gives all commands.
   *
   * @return what happened, as a number
   * @throws AssertionError if an invariant was broken: says how to see it again
   */
  long run() {
    SplittableRandom random = new SplittableRandom(seed);
    int given = 0;
    int pools = 0;
    FuzzLife life = null;
    try {
      while (given < commands) {
        pools++;
        life = new FuzzLife(random, trace);
        while (given < commands && life.step()) {
          given++;
        }
        life.end();
      }
    } catch (AssertionError | RuntimeException broken) {
      AssertionError report =
          new AssertionError(
              broken.getMessage()
                  + "\n\nseed "
                  + seed
                  + ", pool "
                  + pools
                  + ", command "
                  + given
                  + (life == null ? "" : "\n" + life.settings + "\n" + life.describe())
                  + "\nThe end of the trace:\n"
                  + trace.tail()
                  + "\n\nAgain: mvn -q -B -pl pool-core test -Dtest=EngineFuzzTest -Dfuzz.seed="
                  + seed
                  + " -Dfuzz.commands="
                  + commands
                  + "\n",
              broken);
      if (life != null) {
        life.abandon();
      }
      throw report;
    }
    return trace.digest();
  }
}
