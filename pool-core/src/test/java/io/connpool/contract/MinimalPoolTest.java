package io.connpool.contract;

import org.junit.jupiter.api.Nested;

/**
 * The contract, for connections of one caller at a time made from three lambdas. Without a probe
 * and a look at the release the pool takes its shortest path.
 */
final class MinimalPoolTest {
  @Nested
  final class Acquire extends AcquireContract {
    Acquire() {
      super(PoolKind.MINIMAL);
    }
  }

  @Nested
  final class TryAcquire extends TryAcquireContract {
    TryAcquire() {
      super(PoolKind.MINIMAL);
    }
  }

  @Nested
  final class Wait extends WaitContract {
    Wait() {
      super(PoolKind.MINIMAL);
    }
  }

  @Nested
  final class Dial extends DialContract {
    Dial() {
      super(PoolKind.MINIMAL);
    }
  }

  @Nested
  final class DialService extends DialServiceContract {
    DialService() {
      super(PoolKind.MINIMAL);
    }
  }

  @Nested
  final class Async extends AsyncContract {
    Async() {
      super(PoolKind.MINIMAL);
    }
  }

  @Nested
  final class Call extends CallContract {
    Call() {
      super(PoolKind.MINIMAL);
    }
  }

  @Nested
  final class CallAsync extends CallAsyncContract {
    CallAsync() {
      super(PoolKind.MINIMAL);
    }
  }

  @Nested
  final class Release extends ReleaseContract {
    Release() {
      super(PoolKind.MINIMAL);
    }
  }

  @Nested
  final class Exhaustion extends ExhaustionContract {
    Exhaustion() {
      super(PoolKind.MINIMAL);
    }
  }

  @Nested
  final class Close extends CloseContract {
    Close() {
      super(PoolKind.MINIMAL);
    }
  }

  @Nested
  final class CloseAmidTrouble extends CloseAmidTroubleContract {
    CloseAmidTrouble() {
      super(PoolKind.MINIMAL);
    }
  }

  @Nested
  final class Signals extends SignalsContract {
    Signals() {
      super(PoolKind.MINIMAL);
    }
  }

  @Nested
  final class Health extends HealthContract {
    Health() {
      super(PoolKind.MINIMAL);
    }
  }

  @Nested
  final class Concurrency extends ConcurrencyContract {
    Concurrency() {
      super(PoolKind.MINIMAL);
    }
  }

  @Nested
  final class Listener extends ListenerContract {
    Listener() {
      super(PoolKind.MINIMAL);
    }
  }

  @Nested
  final class Retry extends RetryContract {
    Retry() {
      super(PoolKind.MINIMAL);
    }
  }
}
