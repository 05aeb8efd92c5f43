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

/** A connection that reports its end, against whoever has it or is about to. */
public class SignalRaces {
  private SignalRaces() {}

  @JCStressTest
  @State
  @Outcome(id = "replaced: sound", expect = ACCEPTABLE, desc = "It was closed before any loan.")
  @Outcome(expect = FORBIDDEN, desc = "What it said during its dial is lost.")
  public static class DeathAgainstDialDone {
    private final Arena arena = Arena.exclusive();

    @Actor
    public void dials() {
      arena.engine.supply.wish();
    }

    @Actor
    public void dies() {
      arena.awaitFirst().reportDeath();
    }

    @Arbiter
    public void look(L_Result result) {
      result.r1 = endOf(arena);
    }
  }

  @JCStressTest
  @State
  @Outcome(id = "replaced: sound", expect = ACCEPTABLE, desc = "By the signal or by the release.")
  @Outcome(expect = FORBIDDEN, desc = "The release made a dead connection available.")
  public static class DeathAgainstRelease {
    private final Arena arena = Arena.exclusive();
    private final Loan<Conn> held = arena.lend();

    @Actor
    public void releases() {
      held.close();
    }

    @Actor
    public void dies() {
      arena.awaitFirst().reportDeath();
    }

    @Arbiter
    public void look(L_Result result) {
      result.r1 = endOf(arena);
    }
  }

  @JCStressTest
  @State
  @Outcome(id = "replaced: sound", expect = ACCEPTABLE, desc = "At the latest by the next release.")
  @Outcome(expect = FORBIDDEN, desc = "A loan that just began made it live on.")
  public static class DeathAgainstAcquire {
    private final Arena arena = Arena.exclusive();
    private Loan<Conn> loan;

    public DeathAgainstAcquire() {
      arena.lend().close();
    }

    @Actor
    public void acquires() {
      loan = arena.engine.lending.takeNow();
    }

    @Actor
    public void dies() {
      arena.awaitFirst().reportDeath();
    }

    @Arbiter
    public void look(L_Result result) {
      if (loan != null) {
        loan.close();
      }
      result.r1 = endOf(arena);
    }
  }

  private static String endOf(Arena arena) {
    Conn first = arena.awaitFirst();
    arena.outlastPauses(); // one that was dead when its dial returned counts as a failed dial
    Loan<Conn> next = arena.lend();
    boolean replaced = next.get() != first && first.isClosed();
    next.close();
    return (replaced ? "replaced: " : "lent again: ") + arena.soundness();
  }
}
