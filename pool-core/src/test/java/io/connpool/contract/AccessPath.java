package io.connpool.contract;

import io.connpool.ConnPool;
import io.connpool.Lease;
import io.connpool.testkit.FakeConn;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Every way to get at a connection and, if need be, wait for it. */
enum AccessPath {
  ACQUIRE {
    @Override
    FakeConn use(ConnPool<FakeConn> pool, Duration limit) throws Exception {
      return end(pool.acquire());
    }
  },
  ACQUIRE_LIMIT {
    @Override
    FakeConn use(ConnPool<FakeConn> pool, Duration limit) throws Exception {
      return end(pool.acquire(limit));
    }
  },
  ACQUIRE_ASYNC {
    @Override
    FakeConn use(ConnPool<FakeConn> pool, Duration limit) throws Exception {
      return end(await(pool.acquireAsync()));
    }
  },
  ACQUIRE_ASYNC_LIMIT {
    @Override
    FakeConn use(ConnPool<FakeConn> pool, Duration limit) throws Exception {
      return end(await(pool.acquireAsync(limit)));
    }
  },
  CALL {
    @Override
    FakeConn use(ConnPool<FakeConn> pool, Duration limit) throws Exception {
      return pool.call(AccessPath::used);
    }
  },
  CALL_LIMIT {
    @Override
    FakeConn use(ConnPool<FakeConn> pool, Duration limit) throws Exception {
      return pool.call(limit, AccessPath::used);
    }
  },
  RUN {
    @Override
    FakeConn use(ConnPool<FakeConn> pool, Duration limit) throws Exception {
      FakeConn[] seen = new FakeConn[1];
      pool.run(connection -> seen[0] = used(connection));
      return seen[0];
    }
  },
  RUN_LIMIT {
    @Override
    FakeConn use(ConnPool<FakeConn> pool, Duration limit) throws Exception {
      FakeConn[] seen = new FakeConn[1];
      pool.run(limit, connection -> seen[0] = used(connection));
      return seen[0];
    }
  },
  CALL_ASYNC {
    @Override
    FakeConn use(ConnPool<FakeConn> pool, Duration limit) throws Exception {
      return await(
          pool.<FakeConn>callAsync(
              connection -> CompletableFuture.completedFuture(used(connection))));
    }
  };

  /**
   * Acquires, uses, releases, waiting on the calling thread.
   *
   * @param limit how long to wait, for the paths that take a limit; the others use the pool's
   * @return the connection that was used
   * @throws Exception what the path threw, or what its future failed with
   */
  abstract FakeConn use(ConnPool<FakeConn> pool, Duration limit) throws Exception;

  /** Whether the calling thread itself waits inside the pool. */
  boolean blocks() {
    return this != CALL_ASYNC && this != ACQUIRE_ASYNC && this != ACQUIRE_ASYNC_LIMIT;
  }

  private static FakeConn used(FakeConn connection) {
    connection.use();
    return connection;
  }

  private static FakeConn end(Lease<FakeConn> lease) {
    try (lease) {
      return used(lease.get());
    }
  }

  /** The result of a future; its failure as it is, not wrapped. */
  static <T> T await(CompletableFuture<T> future) throws Exception {
    try {
      return future.get();
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof Exception exception) {
        throw exception;
      }
      throw new AssertionError("failed with an error", failed.getCause());
    }
  }
}
