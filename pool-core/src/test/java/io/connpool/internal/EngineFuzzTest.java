package io.connpool.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random commands for random pools in a world where nothing happens by itself; the invariants are
 * checked after each. A failure prints its seed and how to see it again.
 *
 * <pre>
 * one seed:           mvn -q -B -pl pool-core test -Dtest=EngineFuzzTest -Dfuzz.seed=1234
 * a million commands: mvn -q -B -pl pool-core test -Dtest=EngineFuzzTest -Dfuzz.seeds=100 \
 *                       -Dfuzz.commands=10000
 * </pre>
 */
@Timeout(1700)
class EngineFuzzTest {
  private static final int COMMANDS = Integer.getInteger("fuzz.commands", 500);
  private static final int SEEDS = Integer.getInteger("fuzz.seeds", 20);

  static LongStream seeds() {
    Long one = Long.getLong("fuzz.seed");
    return one != null ? LongStream.of(one) : LongStream.rangeClosed(1, SEEDS);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void theInvariantsHoldAfterEveryCommand(long seed) {
    new EngineFuzzer(seed, COMMANDS).run();
  }

  @Test
  void theSameSeedGivesTheSameRun() {
    long digest = new EngineFuzzer(7, 300).run();
    assertEquals(digest, new EngineFuzzer(7, 300).run());
    assertNotEquals(digest, new EngineFuzzer(8, 300).run());
  }
}
