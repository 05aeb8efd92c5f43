package io.connpool.internal;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A thread that runs only while the one who resumed it waits: from {@link #resume} to its next
 * {@link #suspend}. Of all fibres and their fuzzer exactly one runs at any time, so what happens
 * depends on nothing but the choices of the fuzzer.
 */
final class Fibre {
  /** What it does when it does not run. */
  enum State {
    /** It has nothing to do. */
    FREE,
    /** It runs, and everybody else waits. */
    RUNNING,
    /** In the middle of the engine's code, as if another thread had been given its processor. */
    PREEMPTED,
    /** In {@link Environment.Clock#parkUntil}. */
    PARKED,
    /** In a function of the transport's that may wait. */
    CALLING,
    /** In the body of a {@code call}. */
    HOLDING,
    /** Blocked in earnest, which only a close of the pool may do. */
    BLOCKED
  }

  /** Only a fibre that is stuck takes so long. */
  private static final long PATIENCE_NANOS = 20_000_000_000L;

  /** How often a fibre that may block is asked whether it does. */
  private static final long POLL_NANOS = 200_000;

  /** A switch of threads takes microseconds; half of them end while we look. */
  private static final int SPINS = 200;

  final int number;
  private final FibreThread thread;
  private volatile State state = State.FREE;
  private volatile @Nullable Runnable task;
  private volatile @Nullable Thread resumer;
  private volatile boolean abandoned;
  private boolean mayBlock;

  /** Whether its thread has noticed that it runs again. */
  private volatile boolean awake;

  /** What it does, for people. */
  String purpose = "";

  /** PARKED: until when, since which step, and whether somebody has unparked it. */
  long parkedUntil;

  int parkedSince;
  boolean permit;

  /** Whether it was unparked since its work began. */
  boolean woken;

  /** It stays off its processor while time passes. */
  boolean heldUp;

  /** It was held up since its work began, so what it does may be late. */
  boolean late;

  /** Interrupted while it did not run; its thread learns it when it does. */
  private volatile boolean interrupted;

  /** When the work it does was asked for, and in which step. */
  long askedAt;

  int askedIn;

  Fibre(int number) {
    this.number = number;
    thread = new FibreThread();
    thread.start();
  }

  /** A thread whose number the engine sees is the same in every run. */
  private final class FibreThread extends Thread {
    FibreThread() {
      super("fibre-" + number);
      setDaemon(true);
    }

    @Override
    public long getId() {
      return number;
    }

    @Override
    public void interrupt() {
      if (state == Fibre.State.BLOCKED || state == Fibre.State.RUNNING) {
        super.interrupt();
      } else {
        interrupted = true;
      }
    }

    Fibre fibre() {
      return Fibre.this;
    }

    @Override
    public void run() {
      while (true) {
        awaitTurn();
        Runnable now = task;
        if (now == null) {
          return;
        }
        try {
          now.run();
        } catch (Abandoned end) {
          // the fuzzer has given up this world
        }
        interrupted = false;
        Thread.interrupted();
        handBack(Fibre.State.FREE);
      }
    }
  }

  /** Thrown through whatever a fibre is in the middle of when nobody will resume it any more. */
  private static final class Abandoned extends Error {
    private static final long serialVersionUID = 1;

    Abandoned() {
      super("the fuzzer has given up this world", null, false, false);
    }
  }

  /** The fibre that the current thread is, or null. */
  static @Nullable Fibre current() {
    return Thread.currentThread() instanceof FibreThread thread ? thread.fibre() : null;
  }

  /** The fibre that this thread is, or null. */
  static @Nullable Fibre of(Thread thread) {
    return thread instanceof FibreThread fibre ? fibre.fibre() : null;
  }

  State state() {
    return state;
  }

  boolean isInterrupted() {
    return interrupted;
  }

  void interrupt() {
    thread.interrupt();
  }

  /** Gives it something to do when it is resumed. */
  void assign(String what, Runnable work, boolean blocks) {
    purpose = what;
    task = work;
    mayBlock = blocks;
  }

  /** Runs it until it suspends itself, has done its work, or blocks. */
  void resume() {
    resumer = Thread.currentThread();
    awake = false;
    state = State.RUNNING;
    LockSupport.unpark(thread);
    await();
  }

  /** Waits until a fibre that is BLOCKED goes on by itself and stops again. */
  void awaitUnblocked() {
    if (state == State.BLOCKED) {
      resumer = Thread.currentThread();
      long deadline = System.nanoTime() + PATIENCE_NANOS;
      while (state == State.BLOCKED) {
        checkStuck(deadline);
        LockSupport.parkNanos(this, POLL_NANOS);
      }
    }
  }

  /** Interrupts a fibre that is BLOCKED, and runs it as {@link #resume}. */
  void interruptBlocked() {
    resumer = Thread.currentThread();
    state = State.RUNNING;
    thread.interrupt();
    while (thread.isInterrupted() && state == State.RUNNING) { // until then it looks as before
      Thread.onSpinWait();
    }
    await();
  }

  private void await() {
    for (int i = 0; i < SPINS && state == State.RUNNING; i++) {
      Thread.onSpinWait();
    }
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (state == State.RUNNING) {
      checkStuck(deadline);
      LockSupport.parkNanos(this, mayBlock ? POLL_NANOS : PATIENCE_NANOS);
      // One that waits to be resumed had ceased to be RUNNING before: this one waits otherwise.
      if (mayBlock
          && awake
          && thread.getState() == Thread.State.WAITING
          && state == State.RUNNING) {
        state = State.BLOCKED;
      }
    }
  }

  private void checkStuck(long deadline) {
    if (System.nanoTime() - deadline > 0 || Thread.currentThread().isInterrupted()) {
      AssertionError stuck = new AssertionError(this + " does not come back");
      stuck.setStackTrace(thread.getStackTrace());
      throw stuck;
    }
  }

  /** Called on its own thread: lets the fuzzer go on until it is resumed. */
  void suspend(State why) {
    if (abandoned) {
      throw new Abandoned();
    }
    handBack(why);
    awaitTurn();
    if (abandoned) {
      throw new Abandoned();
    }
    if (interrupted) {
      interrupted = false;
      Thread.currentThread().interrupt();
    }
  }

  private void awaitTurn() {
    while (state != State.RUNNING) {
      LockSupport.park(this);
    }
    awake = true;
  }

  private void handBack(State why) {
    Thread waiting = resumer;
    state = why;
    LockSupport.unpark(waiting);
  }

  /** Ends its thread, wherever it is. */
  void abandon() {
    abandoned = true;
    for (int i = 0; i < 100 && state != State.FREE && state != State.BLOCKED; i++) {
      resume();
    }
    if (state == State.FREE) {
      task = null;
      state = State.RUNNING;
      LockSupport.unpark(thread);
    }
  }

  @Override
  public String toString() {
    return "fibre " + number + " (" + purpose + ", " + state + ")";
  }
}
