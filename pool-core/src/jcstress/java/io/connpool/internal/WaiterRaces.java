package io.connpool.internal;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.connpool.Lease;
import io.connpool.internal.Arena.Conn;
import java.util.concurrent.CompletableFuture;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** A release against one who comes, and against one who goes. */
public class WaiterRaces {
  private WaiterRaces() {}

  @JCStressTest
  @State
  @Outcome(id = "served: sound", expect = ACCEPTABLE, desc = "One of the two saw the other.")
  @Outcome(expect = FORBIDDEN, desc = "A wake-up is lost: both missed each other.")
  public static class ReleaseAgainstArrivingThread {
    private final Arena arena = Arena.exclusive();
    private final Loan<Conn> held = arena.lend();
    private Loan<Conn> loan;

    @Actor
    public void releases() {
      held.close();
    }

    @Actor
    public void arrives() {
      loan = arena.acquire(Arena.LONG);
    }

    @Arbiter
    public void look(L_Result result) {
      result.r1 = endOf(arena, loan);
    }
  }

  @JCStressTest
  @State
  @Outcome(id = "served: sound", expect = ACCEPTABLE, desc = "One of the two saw the other.")
  @Outcome(expect = FORBIDDEN, desc = "A wake-up is lost: both missed each other.")
  public static class ReleaseAgainstArrivingFuture {
    private final Arena arena = Arena.exclusive();
    private final Loan<Conn> held = arena.lend();
    private CompletableFuture<Lease<Conn>> waiter;

    @Actor
    public void releases() {
      held.close();
    }

    @Actor
    public void arrives() {
      waiter = arena.enqueue();
    }

    @Arbiter
    public void look(L_Result result) {
      result.r1 = endOf(arena, waiter);
    }
  }

  /** The first release may be overtaken; the second one then belongs to the heir. */
  @JCStressTest
  @State
  @Outcome(id = "served: sound", expect = ACCEPTABLE, desc = "At the latest by the second release.")
  @Outcome(expect = FORBIDDEN, desc = "A wake-up or a promise is lost.")
  public static class TwoReleasesAgainstArrivingThread {
    private final Arena arena = Arena.exclusive();
    private final Loan<Conn> held = arena.lend();
    private Loan<Conn> loan;

    @Actor
    public void releasesTwice() {
      held.close();
      Loan<Conn> again = arena.engine.lending.takeNow();
      if (again != null) {
        again.close();
      }
    }

    @Actor
    public void arrives() {
      loan = arena.acquire(Arena.LONG);
    }

    @Arbiter
    public void look(L_Result result) {
      result.r1 = endOf(arena, loan);
    }
  }

  @JCStressTest
  @State
  @Outcome(id = "served: sound", expect = ACCEPTABLE, desc = "The release was in time.")
  @Outcome(id = "not served: sound", expect = ACCEPTABLE, desc = "It was not, and is there now.")
  @Outcome(expect = FORBIDDEN, desc = "Who went took something along, or left something behind.")
  public static class ReleaseAgainstTimeoutOfThread {
    private final Arena arena = Arena.exclusive();
    private final Loan<Conn> held = arena.lend();
    private Loan<Conn> loan;

    @Actor
    public void releases() {
      held.close();
    }

    @Actor
    public void timesOut() {
      loan = arena.acquire(0);
    }

    @Arbiter
    public void look(L_Result result) {
      result.r1 = endOf(arena, loan);
    }
  }

  @JCStressTest
  @State
  @Outcome(id = "served: sound", expect = ACCEPTABLE, desc = "The release was in time.")
  @Outcome(id = "timed out: sound", expect = ACCEPTABLE, desc = "It was not, and is there now.")
  @Outcome(expect = FORBIDDEN, desc = "Both counted, or what was released is lost.")
  public static class ReleaseAgainstTimeoutOfFuture {
    private final Arena arena = Arena.exclusive();
    private final Loan<Conn> held = arena.lend();
    private final CompletableFuture<Lease<Conn>> waiter = arena.enqueue();

    @Actor
    public void releases() {
      held.close();
    }

    @Actor
    public void timesOut() {
      arena.fireTimers();
    }

    @Arbiter
    public void look(L_Result result) {
      result.r1 = endOf(arena, waiter);
    }
  }

  /** The one behind the one who goes is served by the same release. */
  @JCStressTest
  @State
  @Outcome(id = "served and waits for ever", expect = ACCEPTABLE, desc = "The first was served.")
  @Outcome(id = "cancelled and served", expect = ACCEPTABLE, desc = "The next one was served.")
  @Outcome(expect = FORBIDDEN, desc = "The release served nobody, or both.")
  public static class ReleaseAgainstCancellation {
    private final Arena arena = Arena.exclusive();
    private final Loan<Conn> held = arena.lend();
    private final CompletableFuture<Lease<Conn>> first = arena.enqueue();
    private final CompletableFuture<Lease<Conn>> second = arena.enqueue();

    @Actor
    public void releases() {
      held.close();
    }

    @Actor
    public void cancels() {
      first.cancel(false);
    }

    @Arbiter
    public void look(L_Result result) {
      result.r1 = Arena.fateOf(first) + " and " + Arena.fateOf(second);
    }
  }

  @JCStressTest
  @State
  @Outcome(id = "served: sound", expect = ACCEPTABLE, desc = "The hand-off was faster.")
  @Outcome(id = "not served: sound", expect = ACCEPTABLE, desc = "The interrupt was; it went on.")
  @Outcome(expect = FORBIDDEN, desc = "What was handed over is lost.")
  public static class HandOffAgainstInterrupt {
    private final Arena arena = Arena.fair();
    private final Loan<Conn> held = arena.lend();
    private Loan<Conn> loan;

    @Actor
    public void handsOff() {
      held.close();
    }

    @Actor
    public void waitsAndIsInterrupted() {
      loan = acquireInterrupted(arena);
    }

    @Arbiter
    public void look(L_Result result) {
      result.r1 = endOf(arena, loan);
    }
  }

  @JCStressTest
  @State
  @Outcome(id = "served: sound", expect = ACCEPTABLE, desc = "The release was faster.")
  @Outcome(id = "not served: sound", expect = ACCEPTABLE, desc = "The interrupt was.")
  @Outcome(expect = FORBIDDEN, desc = "A wake-up was taken along, or is outstanding for ever.")
  public static class WakeUpAgainstInterrupt {
    private final Arena arena = Arena.exclusive();
    private final Loan<Conn> held = arena.lend();
    private Loan<Conn> loan;

    @Actor
    public void releases() {
      held.close();
    }

    @Actor
    public void waitsAndIsInterrupted() {
      loan = acquireInterrupted(arena);
    }

    @Arbiter
    public void look(L_Result result) {
      result.r1 = endOf(arena, loan);
    }
  }

  /** The one behind the one who is interrupted is served by the same hand-off. */
  @JCStressTest
  @State
  @Outcome(id = "served and waits for ever", expect = ACCEPTABLE, desc = "The thread was first.")
  @Outcome(id = "not served and served", expect = ACCEPTABLE, desc = "The future was first, or next.")
  @Outcome(expect = FORBIDDEN, desc = "The hand-off served nobody, or both.")
  public static class HandOffAgainstInterruptWithOneBehind {
    private final Arena arena = Arena.fair();
    private final Loan<Conn> held = arena.lend();
    private Loan<Conn> loan;
    private CompletableFuture<Lease<Conn>> behind;

    @Actor
    public void queuesAndHandsOff() {
      behind = arena.enqueue();
      held.close();
    }

    @Actor
    public void waitsAndIsInterrupted() {
      loan = acquireInterrupted(arena);
    }

    @Arbiter
    public void look(L_Result result) {
      result.r1 = (loan == null ? "not served" : "served") + " and " + Arena.fateOf(behind);
    }
  }

  private static Loan<Conn> acquireInterrupted(Arena arena) {
    Thread.currentThread().interrupt();
    Loan<Conn> loan = arena.acquire(Arena.LONG);
    boolean unused = Thread.interrupted(); // this thread goes on to the next race
    return loan;
  }

  private static String endOf(Arena arena, Loan<Conn> loan) {
    if (loan == null) {
      return "not served: " + arena.soundness();
    }
    loan.close();
    return "served: " + arena.soundness();
  }

  private static String endOf(Arena arena, CompletableFuture<Lease<Conn>> waiter) {
    String fate = Arena.fateOf(waiter);
    if (fate.equals("served")) {
      waiter.join().close();
    }
    return fate + ": " + arena.soundness();
  }
}
