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

/** The end of the pool against everything that could keep a connection, or a caller, beyond it. */
public class CloseRaces {
  private CloseRaces() {}

  @JCStressTest
  @State
  @Outcome(id = "all closed", expect = ACCEPTABLE, desc = "By the release or by the end, once.")
  @Outcome(expect = FORBIDDEN, desc = "Each left it to the other, or both did it.")
  public static class ReleaseAgainstClose {
    private final Arena arena = Arena.exclusive();
    private final Loan<Conn> held = arena.lend();

    @Actor
    public void releases() {
      held.close();
    }

    @Actor
    public void closes() {
      arena.beginClose(Arena.LONG);
    }

    @Arbiter
    public void look(L_Result result) {
      result.r1 = arena.remains();
    }
  }

  @JCStressTest
  @State
  @Outcome(id = "all closed", expect = ACCEPTABLE, desc = "By the release or by the end, once.")
  @Outcome(expect = FORBIDDEN, desc = "Each left it to the other, or both did it.")
  public static class ReleaseAgainstCloseWithoutGrace {
    private final Arena arena = Arena.exclusive();
    private final Loan<Conn> held = arena.lend();

    @Actor
    public void releases() {
      held.close();
    }

    @Actor
    public void closes() {
      arena.beginClose(0);
    }

    @Arbiter
    public void look(L_Result result) {
      result.r1 = arena.remains();
    }
  }

  @JCStressTest
  @State
  @Outcome(id = "all closed", expect = ACCEPTABLE, desc = "By the last who left it, or by the end.")
  @Outcome(expect = FORBIDDEN, desc = "Each left it to the other, or both did it.")
  public static class ReleaseOfAShareAgainstClose {
    private final Arena arena = Arena.shared();
    private final Loan<Conn> held = arena.lend();

    @Actor
    public void releases() {
      held.close();
    }

    @Actor
    public void closes() {
      arena.beginClose(Arena.LONG);
    }

    @Arbiter
    public void look(L_Result result) {
      result.r1 = arena.remains();
    }
  }

  @JCStressTest
  @State
  @Outcome(id = "told of the close", expect = ACCEPTABLE, desc = "By the end, or by its own look.")
  @Outcome(expect = FORBIDDEN, desc = "It waits in a pool that has ended.")
  public static class ArrivalOfAFutureAgainstClose {
    private final Arena arena = Arena.exclusive();
    private final Loan<Conn> held = arena.lend();
    private CompletableFuture<Lease<Conn>> waiter;

    @Actor
    public void arrives() {
      waiter = arena.enqueue();
    }

    @Actor
    public void closes() {
      arena.beginClose(Arena.LONG);
    }

    @Arbiter
    public void look(L_Result result) {
      result.r1 = Arena.fateOf(waiter);
    }
  }

  @JCStressTest
  @State
  @Outcome(id = "not served: all closed", expect = ACCEPTABLE, desc = "The end was faster.")
  @Outcome(id = "served: all closed", expect = ACCEPTABLE, desc = "It was not; a release closed.")
  @Outcome(expect = FORBIDDEN, desc = "It waits in a pool that has ended, or keeps it from ending.")
  public static class AcquireAgainstClose {
    private final Arena arena = Arena.exclusive();
    private Loan<Conn> loan;

    @Actor
    public void acquires() {
      loan = arena.acquire(Arena.LONG);
    }

    @Actor
    public void closes() {
      arena.beginClose(Arena.LONG);
    }

    @Arbiter
    public void look(L_Result result) {
      if (loan != null) {
        loan.close();
      }
      result.r1 = (loan == null ? "not served: " : "served: ") + arena.remains();
    }
  }

  @JCStressTest
  @State
  @Outcome(id = "served: all closed", expect = ACCEPTABLE, desc = "The dial was done first.")
  @Outcome(id = "told of the close: all closed", expect = ACCEPTABLE, desc = "The end came first.")
  @Outcome(expect = FORBIDDEN, desc = "A dialed connection was left open, or a caller waiting.")
  public static class DialDoneAgainstClose {
    private final Arena arena = Arena.exclusive();
    private final CompletableFuture<Lease<Conn>> waiter;

    public DialDoneAgainstClose() {
      arena.holdWork();
      waiter = arena.enqueue();
    }

    @Actor
    public void dials() {
      arena.work();
    }

    @Actor
    public void closes() {
      arena.beginClose(Arena.LONG);
    }

    @Arbiter
    public void look(L_Result result) {
      arena.work();
      String fate = Arena.fateOf(waiter);
      if (fate.equals("served")) {
        waiter.join().close();
        arena.work();
      }
      result.r1 = fate + ": " + arena.remains();
    }
  }
}
