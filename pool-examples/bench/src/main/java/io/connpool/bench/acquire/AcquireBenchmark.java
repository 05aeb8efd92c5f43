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
import org.openjdk.jmh.infra.Blackhole;

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

  private Cycle cycle = blackhole -> 0;
  private Cycle escapingCycle = cycle;

  @SuppressWarnings("NullAway.Init") // in open()
  private Peer<?> pool;

  /** Opens the pool. */
  @Setup
  public void open() {
    pool = Peers.named(peer).open(size, false, new Conns());
    cycle = cycle(pool);
    escapingCycle = escapingCycle(pool);
  }

  /** Closes the pool. */
  @TearDown
  public void close() {
    pool.close();
  }

  /**
   * One cycle, all in one method: what a pool hands out may live in registers.
   *
   * @param blackhole not used
   * @return something JMH can consume
   * @throws TimeoutException if a peer is slower than its limit
   * @throws InterruptedException if JMH ends early
   */
  @Benchmark
  public long acquireAndRelease(Blackhole blackhole) throws TimeoutException, InterruptedException {
    return cycle.run(blackhole);
  }

  /**
   * The same where others can see what the pool handed out, so that it must be a real object.
   *
   * @param blackhole sees it
   * @return something JMH can consume
   * @throws TimeoutException if a peer is slower than its limit
   * @throws InterruptedException if JMH ends early
   */
  @Benchmark
  public long acquireShowAndRelease(Blackhole blackhole)
      throws TimeoutException, InterruptedException {
    return escapingCycle.run(blackhole);
  }

  private static <H> Cycle cycle(Peer<H> peer) {
    return blackhole -> {
      H held = peer.acquire();
      Conn conn = peer.conn(held);
      conn.use();
      long uses = conn.uses();
      peer.release(held);
      return uses;
    };
  }

  private static <H> Cycle escapingCycle(Peer<H> peer) {
    return blackhole -> {
      H held = peer.acquire();
      blackhole.consume(held);
      Conn conn = peer.conn(held);
      conn.use();
      long uses = conn.uses();
      peer.release(held);
      return uses;
    };
  }

  private interface Cycle {
    long run(Blackhole blackhole) throws TimeoutException, InterruptedException;
  }
}
