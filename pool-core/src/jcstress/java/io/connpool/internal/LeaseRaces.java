package io.connpool.internal;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.connpool.internal.Arena.Conn;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** A lease acts once, whoever closes it how often. */
public class LeaseRaces {
  private LeaseRaces() {}

  @JCStressTest
  @State
  @Outcome(id = "1 misuse: sound", expect = ACCEPTABLE, desc = "One close counts, one is misuse.")
  @Outcome(id = "0 misuses.*", expect = FORBIDDEN, desc = "The lease was closed twice.")
  @Outcome(expect = FORBIDDEN, desc = "The second close did harm.")
  public static class TwoClosesOfOneLease {
    private final Arena arena = Arena.exclusive();
    private final Loan<Conn> lease = arena.lend();

    @Actor
    public void oneCloses() {
      lease.close();
    }

    @Actor
    public void anotherCloses() {
      lease.close();
    }

    @Arbiter
    public void count(L_Result result) {
      result.r1 = misuses(arena) + ": " + arena.soundness();
    }
  }

  @JCStressTest
  @State
  @Outcome(id = "1 misuse: sound", expect = ACCEPTABLE, desc = "The next loan was not ended.")
  @Outcome(id = "taken away.*", expect = FORBIDDEN, desc = "A stale close ended the next loan.")
  @Outcome(expect = FORBIDDEN, desc = "The stale close did other harm.")
  public static class SecondCloseAgainstTheNextLoan {
    private final Arena arena = Arena.exclusive();
    private final Loan<Conn> stale = arena.lend();
    private Loan<Conn> next;

    @Actor
    public void closesAndTakesAgain() {
      stale.close();
      next = arena.engine.lending.takeNow();
    }

    @Actor
    public void closesLate() {
      stale.close();
    }

    @Arbiter
    public void look(L_Result result) {
      if (next == null || next.connection() == null || arena.engine.lending.takeNow() != null) {
        result.r1 = "taken away";
        return;
      }
      next.close();
      result.r1 = misuses(arena) + ": " + arena.soundness();
    }
  }

  @JCStressTest
  @State
  @Outcome(id = "closed: sound", expect = ACCEPTABLE, desc = "The invalidation came first.")
  @Outcome(id = "kept: sound", expect = ACCEPTABLE, desc = "The close came first.")
  @Outcome(expect = FORBIDDEN, desc = "Both had their way, or neither.")
  public static class CloseAgainstInvalidate {
    private final Arena arena = Arena.exclusive();
    private final Loan<Conn> lease = arena.lend();
    private final Conn connection = lease.get();

    @Actor
    public void closes() {
      lease.close();
    }

    @Actor
    public void invalidates() {
      lease.invalidate();
    }

    @Arbiter
    public void look(L_Result result) {
      Loan<Conn> next = arena.lend();
      boolean kept = next.get() == connection;
      next.close();
      result.r1 = (kept ? "kept: " : "closed: ") + arena.soundness();
    }
  }

  private static String misuses(Arena arena) {
    long misuses = arena.engine.census.stats().misuses();
    return misuses == 1 ? "1 misuse" : misuses + " misuses";
  }
}
