package io.connpool.contract;

import org.junit.jupiter.api.Nested;

/** The contract, for connections of one caller at a time and a transport with every hook. */
final class ExclusivePoolTest {
  @Nested
  final class Acquire extends AcquireContract {
    Acquire() {
      super(PoolKind.EXCLUSIVE);
    }
  }

  @Nested
  final class TryAcquire extends TryAcquireContract {
    TryAcquire() {
      super(PoolKind.EXCLUSIVE);
    }
  }

  @Nested
  final class Wait extends WaitContract {
    Wait() {
      super(PoolKind.EXCLUSIVE);
    }
  }

  @Nested
  final class Dial extends DialContract {
    Dial() {
      super(PoolKind.EXCLUSIVE);
    }
  }

  @Nested
  final class DialService extends DialServiceContract {
    DialService() {
      super(PoolKind.EXCLUSIVE);
    }
  }

  @Nested
  final class Async extends AsyncContract {
    Async() {
      super(PoolKind.EXCLUSIVE);
    }
  }

  @Nested
  final class Call extends CallContract {
    Call() {
      super(PoolKind.EXCLUSIVE);
    }
  }

  @Nested
  final class CallAsync extends CallAsyncContract {
    CallAsync() {
      super(PoolKind.EXCLUSIVE);
    }
  }

  @Nested
  final class Release extends ReleaseContract {
    Release() {
      super(PoolKind.EXCLUSIVE);
    }
  }

  @Nested
  final class Exhaustion extends ExhaustionContract {
    Exhaustion() {
      super(PoolKind.EXCLUSIVE);
    }
  }

  @Nested
  final class Close extends CloseContract {
    Close() {
      super(PoolKind.EXCLUSIVE);
    }
  }

  @Nested
  final class CloseAmidTrouble extends CloseAmidTroubleContract {
    CloseAmidTrouble() {
      super(PoolKind.EXCLUSIVE);
    }
  }

  @Nested
  final class Signals extends SignalsContract {
    Signals() {
      super(PoolKind.EXCLUSIVE);
    }
  }

  @Nested
  final class Health extends HealthContract {
    Health() {
      super(PoolKind.EXCLUSIVE);
    }
  }

  @Nested
  final class Hooks extends HooksContract {
    Hooks() {
      super(PoolKind.EXCLUSIVE);
    }
  }

  @Nested
  final class Concurrency extends ConcurrencyContract {
    Concurrency() {
      super(PoolKind.EXCLUSIVE);
    }
  }

  @Nested
  final class Listener extends ListenerContract {
    Listener() {
      super(PoolKind.EXCLUSIVE);
    }
  }

  @Nested
  final class Retry extends RetryContract {
    Retry() {
      super(PoolKind.EXCLUSIVE);
    }
  }
}
