package io.connpool.contract;

import org.junit.jupiter.api.Nested;

/**
 * The part of the contract that is about leases, for leases that are watched. The rest drops leases
 * on purpose, and a garbage collection in the middle of it would take their connections back.
 */
final class WatchedPoolTest {
  @Nested
  final class Acquire extends AcquireContract {
    Acquire() {
      super(PoolKind.WATCHED);
    }
  }

  @Nested
  final class Release extends ReleaseContract {
    Release() {
      super(PoolKind.WATCHED);
    }
  }

  @Nested
  final class Call extends CallContract {
    Call() {
      super(PoolKind.WATCHED);
    }
  }

  @Nested
  final class CallAsync extends CallAsyncContract {
    CallAsync() {
      super(PoolKind.WATCHED);
    }
  }

  @Nested
  final class Concurrency extends ConcurrencyContract {
    Concurrency() {
      super(PoolKind.WATCHED);
    }
  }

  @Nested
  final class Retry extends RetryContract {
    Retry() {
      super(PoolKind.WATCHED);
    }
  }
}
