package io.connpool.bench.acquire;

import io.connpool.bench.acquire.peer.Conn;
import io.connpool.bench.acquire.peer.Conns;
import io.connpool.bench.acquire.peer.Peer;
import io.connpool.bench.acquire.peer.Peers;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Acquire, use and release as JMH measures it: {@code jmh AcquireBenchmark -prof gc} states the
 * bytes that one cycle allocates, {@code -t} the number of threads.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class AcquireBenchmark {
  /** Which pool. */
  @Param({
    "connpool",
    "commons-pool2",
    "hikaricp-bag",
    "stormpot-default",
    "stormpot-best",
    "vibur",
    "array-blocking-queue"
  })
  public String peer = "";

  /** How many objects. */
  @Param("10")
  public int size;

  private Cycle cycle = () -> 0;

  @SuppressWarnings("NullAway.Init") // in open()
  private Peer<?> pool;

  /** Opens the pool. */
  @Setup
  public void open() {
    pool = Peers.named(peer).open(size, false, new Conns());
    cycle = cycleOf(pool);
  }

  /** Closes the pool. */
  @TearDown
  public void close() {
    pool.close();
  }

  /**
   * One cycle.
   *
   * @return something JMH can consume
   * @throws TimeoutException never: there are more objects than threads, or time enough
   * @throws InterruptedException never
   */
  @Benchmark
  public long acquireAndRelease() throws TimeoutException, InterruptedException {
    return cycle.run();
  }

  private static <H> Cycle cycleOf(Peer<H> peer) {
    return () -> {
      H held = peer.acquire();
      Conn conn = peer.conn(held);
      conn.use();
      long uses = conn.uses();
      peer.release(held);
      return uses;
    };
  }

  private interface Cycle {
    long run() throws TimeoutException, InterruptedException;
  }
}
