package io.connpool.contract;

import org.junit.jupiter.api.Nested;

/** The contract, for connections that three callers share. */
final class SharedPoolTest {
  @Nested
  final class Acquire extends AcquireContract {
    Acquire() {
      super(PoolKind.SHARED);
    }
  }

  @Nested
  final class TryAcquire extends TryAcquireContract {
    TryAcquire() {
      super(PoolKind.SHARED);
    }
  }

  @Nested
  final class Wait extends WaitContract {
    Wait() {
      super(PoolKind.SHARED);
    }
  }

  @Nested
  final class Dial extends DialContract {
    Dial() {
      super(PoolKind.SHARED);
    }
  }

  @Nested
  final class DialService extends DialServiceContract {
    DialService() {
      super(PoolKind.SHARED);
    }
  }

  @Nested
  final class Async extends AsyncContract {
    Async() {
      super(PoolKind.SHARED);
    }
  }

  @Nested
  final class Call extends CallContract {
    Call() {
      super(PoolKind.SHARED);
    }
  }

  @Nested
  final class CallAsync extends CallAsyncContract {
    CallAsync() {
      super(PoolKind.SHARED);
    }
  }

  @Nested
  final class Release extends ReleaseContract {
    Release() {
      super(PoolKind.SHARED);
    }
  }

  @Nested
  final class Exhaustion extends ExhaustionContract {
    Exhaustion() {
      super(PoolKind.SHARED);
    }
  }

  @Nested
  final class Close extends CloseContract {
    Close() {
      super(PoolKind.SHARED);
    }
  }

  @Nested
  final class CloseAmidTrouble extends CloseAmidTroubleContract {
    CloseAmidTrouble() {
      super(PoolKind.SHARED);
    }
  }

  @Nested
  final class Signals extends SignalsContract {
    Signals() {
      super(PoolKind.SHARED);
    }
  }

  @Nested
  final class Health extends HealthContract {
    Health() {
      super(PoolKind.SHARED);
    }
  }

  @Nested
  final class Hooks extends HooksContract {
    Hooks() {
      super(PoolKind.SHARED);
    }
  }

  @Nested
  final class Concurrency extends ConcurrencyContract {
    Concurrency() {
      super(PoolKind.SHARED);
    }
  }

  @Nested
  final class Listener extends ListenerContract {
    Listener() {
      super(PoolKind.SHARED);
    }
  }

  @Nested
  final class Retry extends RetryContract {
    Retry() {
      super(PoolKind.SHARED);
    }
  }
}
