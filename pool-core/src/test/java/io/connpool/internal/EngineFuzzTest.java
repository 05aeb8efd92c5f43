package io.connpool.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random commands to random pools, from a seed: threads that acquire, hold, release, release twice,
 * are interrupted; futures that are cancelled; connections that die; a transport that fails, hangs
 * and comes back too late; time that passes, jumps, or passes while a thread is held up in the
 * middle of the engine. After each step everything that must be true is looked at, see {@link
 * FuzzInvariants}.
 *
 * <p>Nothing runs by itself: threads are {@link Fibre}s, of which one runs at a time, and time is a
 * number. So the same seed is the same run, to the last step. A failure says how to repeat it:
 *
 * <pre>
 * mvn -q -B -pl pool-core test -Dtest=EngineFuzzTest -Dfuzz.seed=1234 -Dfuzz.commands=1000
 * </pre>
 *
 * <p>The long run, a million commands over a thousand seeds, takes about two minutes; {@code
 * -Dfuzz.from} says where the seeds begin:
 *
 * <pre>
 * mvn -q -B -pl pool-core test -Dtest=EngineFuzzTest -Dfuzz.seeds=1000 -Dfuzz.commands=1000
 * </pre>
 */
@Timeout(3600)
class EngineFuzzTest {
  private static final int COMMANDS = Integer.getInteger("fuzz.commands", 1_000);
  private static final int SEEDS = Integer.getInteger("fuzz.seeds", 20);
  private static final long FIRST_SEED = Long.getLong("fuzz.from", 1);

  /** Whatever goes wrong is scripted; the warnings about it would be thousands. */
  private final Logger engineLog = Logger.getLogger("io.connpool");

  private Level levelBefore;

  @BeforeEach
  void silence() {
    levelBefore = engineLog.getLevel();
    engineLog.setLevel(Level.OFF);
  }

  @AfterEach
  void endSilence() {
    engineLog.setLevel(levelBefore);
  }

  @Test
  void noCommandsBreakAnInvariant() {
    Long only = Long.getLong("fuzz.seed");
    if (only != null) {
      new EngineFuzzer(only, COMMANDS).run();
      return;
    }
    long start = System.nanoTime();
    for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      new EngineFuzzer(seed, COMMANDS).run();
    }
    long fresh = RandomGenerator.getDefault().nextLong(Long.MAX_VALUE);
    System.out.printf("fuzzing with a fresh seed: -Dfuzz.seed=%d%n", fresh);
    new EngineFuzzer(fresh, COMMANDS).run();
    System.out.printf(
        "%d seeds with %d commands each in %.1f s%n",
        SEEDS + 1, COMMANDS, (System.nanoTime() - start) / 1e9);
  }

  @Test
  void theSameSeedIsTheSameRun() {
    for (long seed = 1; seed <= 3; seed++) {
      long first = new EngineFuzzer(seed, 300).run();
      assertEquals(first, new EngineFuzzer(seed, 300).run());
      assertNotEquals(first, new EngineFuzzer(seed + 1, 300).run());
    }
  }
}
