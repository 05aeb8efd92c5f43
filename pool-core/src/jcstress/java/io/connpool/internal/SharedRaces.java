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

/** What is done with a share ends with its connection, even if the slot has a new one already. */
public class SharedRaces {
  private SharedRaces() {}

  @JCStressTest
  @State
  @Outcome(id = "1 share: sound", expect = ACCEPTABLE, desc = "The successor kept its share.")
  @Outcome(id = "0 shares.*", expect = FORBIDDEN, desc = "A stale release took a share from it.")
  @Outcome(expect = FORBIDDEN, desc = "A share is left over, or was lost.")
  public static class ReleaseAgainstReplacement {
    private final Arena arena = Arena.shared();
    private final Loan<Conn> one = arena.lend();
    private final Loan<Conn> other = arena.lend();
    private Loan<Conn> next;

    @Actor
    public void releases() {
      one.close();
    }

    @Actor
    public void replaces() {
      other.invalidate();
      next = arena.lend();
    }

    @Arbiter
    public void count(L_Result result) {
      String shares = shares(arena);
      next.close();
      result.r1 = shares + ": " + arena.soundness();
    }
  }

  @JCStressTest
  @State
  @Outcome(id = "1 share: sound", expect = ACCEPTABLE, desc = "Nothing came of the late look.")
  @Outcome(id = "2 shares: sound", expect = ACCEPTABLE, desc = "It joined the successor.")
  @Outcome(expect = FORBIDDEN, desc = "It has a share of the one and the lease of the other.")
  public static class JoinAgainstReplacement {
    private final Arena arena = Arena.shared();
    private final Loan<Conn> held = arena.lend();
    private Loan<Conn> joined;
    private Loan<Conn> next;

    @Actor
    public void joins() {
      joined = arena.engine.lending.takeNow();
    }

    @Actor
    public void replaces() {
      held.invalidate();
      next = arena.lend();
    }

    @Arbiter
    public void count(L_Result result) {
      String shares = shares(arena);
      if (joined != null) {
        joined.close();
      }
      next.close();
      result.r1 = shares + ": " + arena.soundness();
    }
  }

  @JCStressTest
  @State
  @Outcome(id = "0 shares: sound", expect = ACCEPTABLE, desc = "Both shares were given back.")
  @Outcome(expect = FORBIDDEN, desc = "One release undid the other.")
  public static class TwoReleases {
    private final Arena arena = Arena.shared();
    private final Loan<Conn> one = arena.lend();
    private final Loan<Conn> other = arena.lend();

    @Actor
    public void releases() {
      one.close();
    }

    @Actor
    public void releasesToo() {
      other.close();
    }

    @Arbiter
    public void count(L_Result result) {
      result.r1 = shares(arena) + ": " + arena.soundness();
    }
  }

  @JCStressTest
  @State
  @Outcome(id = "1 share: sound", expect = ACCEPTABLE, desc = "The share was given back once.")
  @Outcome(id = "0 shares.*", expect = FORBIDDEN, desc = "It was given back twice.")
  @Outcome(expect = FORBIDDEN, desc = "It was not given back.")
  public static class TwoClosesOfOneShare {
    private final Arena arena = Arena.shared();
    private final Loan<Conn> lease = arena.lend();
    private final Loan<Conn> another = arena.lend();

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
      String shares = shares(arena);
      another.close();
      result.r1 = shares + ": " + arena.soundness();
    }
  }

  private static String shares(Arena arena) {
    int shares = arena.engine.census.stats().leases();
    return shares == 1 ? "1 share" : shares + " shares";
  }
}
