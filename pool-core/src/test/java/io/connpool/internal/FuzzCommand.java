package io.connpool.internal;

import io.connpool.Health;
import java.time.Duration;
import java.util.List;

/**
 * One thing that may happen to a pool. A new one is one more constant here; it is drawn as often as
 * its weight says, and says no by returning false when it makes no sense at this moment.
 */
enum FuzzCommand {
  TRY_ACQUIRE(10) {
    @Override
    boolean run(FuzzLife life) {
      life.world.begin("tryAcquire", life.users::tryAcquire);
      return true;
    }
  },
  ACQUIRE(14) {
    @Override
    boolean run(FuzzLife life) {
      Duration timeout = life.timeout();
      life.trace.add("  within " + timeout);
      return life.mayAsk() && began(life, "acquire", () -> life.users.acquire(timeout));
    }
  },
  ACQUIRE_ASYNC(12) {
    @Override
    boolean run(FuzzLife life) {
      Duration timeout = life.timeout();
      life.trace.add("  within " + timeout);
      return life.mayAsk() && began(life, "acquireAsync", () -> life.users.acquireAsync(timeout));
    }
  },
  CALL(5) {
    @Override
    boolean run(FuzzLife life) {
      return life.mayAsk() && began(life, "call", life.users::call);
    }
  },
  CALL_IDEMPOTENT(6) {
    @Override
    boolean run(FuzzLife life) {
      return life.mayAsk() && began(life, "idempotent call", life.users::callIdempotent);
    }
  },
  CALL_ASYNC(5) {
    @Override
    boolean run(FuzzLife life) {
      return life.mayAsk() && began(life, "callAsync", life.users::callAsync);
    }
  },
  RELEASE(30) {
    @Override
    boolean run(FuzzLife life) {
      return endOne(life, false);
    }
  },
  INVALIDATE(3) {
    @Override
    boolean run(FuzzLife life) {
      return endOne(life, true);
    }
  },
  FINISH(12) {
    @Override
    boolean run(FuzzLife life) {
      List<FuzzUsers.Held> calls =
          life.users.held.stream().filter(FuzzUsers.Held::isFinishable).toList();
      if (calls.isEmpty()) {
        return false;
      }
      life.users.finish(life.world.pick(calls));
      return true;
    }
  },
  END_AGAIN(4) {
    @Override
    boolean run(FuzzLife life) {
      if (life.users.ended.isEmpty()) {
        return false;
      }
      FuzzUsers.Ended spent = life.world.pick(life.users.ended);
      boolean invalidate = life.world.random.nextBoolean();
      return began(life, "end again", () -> life.users.endAgain(spent, invalidate));
    }
  },
  INTERRUPT(3) {
    @Override
    boolean run(FuzzLife life) {
      List<FuzzUsers.Caller> threads =
          life.users.callers.stream().filter(caller -> caller.fibre != null).toList();
      if (threads.isEmpty()) {
        return false;
      }
      life.users.interrupt(life.world.pick(threads));
      return true;
    }
  },
  CANCEL(4) {
    @Override
    boolean run(FuzzLife life) {
      List<FuzzUsers.Caller> futures =
          life.users.callers.stream().filter(caller -> caller.future != null).toList();
      if (futures.isEmpty()) {
        return false;
      }
      FuzzUsers.Caller caller = life.world.pick(futures);
      return began(life, "cancel", () -> life.users.cancel(caller));
    }
  },
  KILL(3) {
    @Override
    boolean run(FuzzLife life) {
      return toOne(life, true, connection -> life.transport.signalEnd(connection, true));
    }
  },
  RETIRE(2) {
    @Override
    boolean run(FuzzLife life) {
      return toOne(life, true, connection -> life.transport.signalEnd(connection, false));
    }
  },
  MUTE(2) {
    @Override
    boolean run(FuzzLife life) {
      return toOne(life, false, connection -> connection.mute = true);
    }
  },
  STALE(2) {
    @Override
    boolean run(FuzzLife life) {
      return toOne(
          life,
          false,
          connection ->
              connection.health = life.world.random.nextBoolean() ? Health.STALE : Health.DIRTY);
    }
  },
  CAPACITY(3) {
    @Override
    boolean run(FuzzLife life) {
      return life.settings.shares()
          && toOne(
              life,
              false,
              connection ->
                  life.transport.signalCapacity(connection, life.world.random.nextInt(5)));
    }
  },
  TICK(8) {
    @Override
    boolean run(FuzzLife life) {
      life.advance(Duration.ofNanos(life.world.random.nextInt(1_500_000)));
      return true;
    }
  },
  PASS_TIME(10) {
    @Override
    boolean run(FuzzLife life) {
      life.advance(life.span());
      return true;
    }
  },
  FREEZE(1) {
    @Override
    boolean run(FuzzLife life) {
      life.world.settle();
      Duration span = life.span().multipliedBy(1 + life.world.random.nextInt(20));
      life.trace.add("  for " + span);
      life.world.freeze(span);
      return true;
    }
  },
  WORK(30) {
    @Override
    boolean run(FuzzLife life) {
      return life.world.work();
    }
  },
  RETURN(25) {
    @Override
    boolean run(FuzzLife life) {
      return life.returnOne();
    }
  },
  GO_ON(20) {
    @Override
    boolean run(FuzzLife life) {
      return life.world.goOn();
    }
  },
  WAKE_SPURIOUSLY(1) {
    @Override
    boolean run(FuzzLife life) {
      List<Fibre> parked = life.world.in(Fibre.State.PARKED);
      if (parked.isEmpty()) {
        return false;
      }
      life.world.resume(life.world.pick(parked));
      return true;
    }
  },
  MOOD(2) {
    @Override
    boolean run(FuzzLife life) {
      life.changeMood();
      return true;
    }
  },
  LACK_THREADS(1) {
    @Override
    boolean run(FuzzLife life) {
      boolean lack = life.world.chance(300);
      life.trace.add("  " + lack);
      life.world.lackThreads(lack);
      return true;
    }
  },
  RESIZE(2) {
    @Override
    boolean run(FuzzLife life) {
      life.resize();
      return true;
    }
  },
  FAIL_FAST(1) {
    @Override
    boolean run(FuzzLife life) {
      int episodes = life.world.random.nextInt(4);
      life.trace.add("  after " + episodes);
      life.reconfigure(builder -> builder.failFastAfter(episodes));
      return true;
    }
  },
  EVICT_ALL(1) {
    @Override
    boolean run(FuzzLife life) {
      return began(life, "evictAll", life::evictAll);
    }
  },
  SUSPECT_ALL(2) {
    @Override
    boolean run(FuzzLife life) {
      return began(life, "suspectAll", life::suspectAll);
    }
  },
  WARM_UP(1) {
    @Override
    boolean run(FuzzLife life) {
      life.warmUp();
      return true;
    }
  },
  OUTAGE(1) {
    @Override
    boolean run(FuzzLife life) {
      life.outage();
      return true;
    }
  },
  SHARERS(1) {
    @Override
    boolean run(FuzzLife life) {
      life.transport.capacity = life.sharers();
      return true;
    }
  },
  CALM(1) {
    @Override
    boolean run(FuzzLife life) {
      life.calm();
      return true;
    }
  },
  HURRY_CLOSE(1) {
    @Override
    boolean run(FuzzLife life) {
      List<Fibre> closing = life.world.in(Fibre.State.BLOCKED);
      if (closing.isEmpty()) {
        return false;
      }
      life.world.interrupt(life.world.pick(closing));
      return true;
    }
  },
  CLOSE(1) {
    @Override
    boolean run(FuzzLife life) {
      if (life.world.chance(700)) {
        return false;
      }
      life.close(Duration.ofMillis(life.world.random.nextInt(3) * 200L));
      return true;
    }
  },
  DRAIN(1) {
    @Override
    boolean run(FuzzLife life) {
      if (life.world.chance(700)) {
        return false;
      }
      life.close(Duration.ofSeconds(1 + life.world.random.nextInt(30)));
      return true;
    }
  };

  final int weight;

  FuzzCommand(int weight) {
    this.weight = weight;
  }

  /** Does it. False if it makes no sense now, and nothing was done. */
  abstract boolean run(FuzzLife life);

  private static boolean began(FuzzLife life, String purpose, Runnable work) {
    life.world.begin(purpose, work);
    return true;
  }

  private static boolean endOne(FuzzLife life, boolean invalidate) {
    List<FuzzUsers.Held> leases =
        life.users.held.stream().filter(held -> held.lease != null).toList();
    if (leases.isEmpty()) {
      return false;
    }
    FuzzUsers.Held mine = life.world.pick(leases);
    return began(life, "release", () -> life.users.end(mine, invalidate));
  }

  /** Does something to one connection that exists, or to any there ever was. */
  private static boolean toOne(
      FuzzLife life, boolean any, java.util.function.Consumer<FuzzConn> what) {
    List<FuzzConn> choice =
        life.transport.connections.stream()
            .filter(connection -> connection.closes == 0 || (any && life.world.chance(100)))
            .toList();
    if (choice.isEmpty()) {
      return false;
    }
    FuzzConn connection = life.world.pick(choice);
    life.trace.add("  " + connection);
    life.world.begin("signal", () -> what.accept(connection));
    return true;
  }
}
