package io.connpool.contract;

import org.junit.jupiter.api.Nested;

/** The contract, for a pool that serves its waiters strictly in order. */
final class FairPoolTest {
  @Nested
  final class Acquire extends AcquireContract {
    Acquire() {
      super(PoolKind.FAIR);
    }
  }

  @Nested
  final class TryAcquire extends TryAcquireContract {
    TryAcquire() {
      super(PoolKind.FAIR);
    }
  }

  @Nested
  final class Wait extends WaitContract {
    Wait() {
      super(PoolKind.FAIR);
    }
  }

  @Nested
  final class Dial extends DialContract {
    Dial() {
      super(PoolKind.FAIR);
    }
  }

  @Nested
  final class DialService extends DialServiceContract {
    DialService() {
      super(PoolKind.FAIR);
    }
  }

  @Nested
  final class Async extends AsyncContract {
    Async() {
      super(PoolKind.FAIR);
    }
  }

  @Nested
  final class Call extends CallContract {
    Call() {
      super(PoolKind.FAIR);
    }
  }

  @Nested
  final class CallAsync extends CallAsyncContract {
    CallAsync() {
      super(PoolKind.FAIR);
    }
  }

  @Nested
  final class Release extends ReleaseContract {
    Release() {
      super(PoolKind.FAIR);
    }
  }

  @Nested
  final class Exhaustion extends ExhaustionContract {
    Exhaustion() {
      super(PoolKind.FAIR);
    }
  }

  @Nested
  final class Close extends CloseContract {
    Close() {
      super(PoolKind.FAIR);
    }
  }

  @Nested
  final class CloseAmidTrouble extends CloseAmidTroubleContract {
    CloseAmidTrouble() {
      super(PoolKind.FAIR);
    }
  }

  @Nested
  final class Signals extends SignalsContract {
    Signals() {
      super(PoolKind.FAIR);
    }
  }

  @Nested
  final class Health extends HealthContract {
    Health() {
      super(PoolKind.FAIR);
    }
  }

  @Nested
  final class Hooks extends HooksContract {
    Hooks() {
      super(PoolKind.FAIR);
    }
  }

  @Nested
  final class Concurrency extends ConcurrencyContract {
    Concurrency() {
      super(PoolKind.FAIR);
    }
  }

  @Nested
  final class Listener extends ListenerContract {
    Listener() {
      super(PoolKind.FAIR);
    }
  }

  @Nested
  final class Retry extends RetryContract {
    Retry() {
      super(PoolKind.FAIR);
    }
  }
}
