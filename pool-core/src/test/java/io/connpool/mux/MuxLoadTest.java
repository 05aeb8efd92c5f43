package io.connpool.mux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.threads.VirtualThreads;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Very many, very large, and lengths that lie. */
@Timeout(120)
class MuxLoadTest {
  private static final int LARGE = 16 << 20;

  @RegisterExtension final MuxWorld world = new MuxWorld(Carrier.TCP);

  @Test
  @EnabledForJreRange(min = JRE.JAVA_21)
  void tenThousandVirtualCallersEachGetTheirOwnAnswers() throws Exception {
    MuxConnection connection = world.connectTo(MuxRequest::body);
    ThreadFactory virtual = VirtualThreads.factory("caller-");
    ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      int number = i;
      Thread caller =
          virtual.newThread(
              () -> {
                try {
                  for (int call = 0; call < 10; call++) {
                    byte[] question = ByteBuffer.allocate(8).putInt(number).putInt(call).array();
                    assertArrayEquals(question, connection.call(question, Duration.ofMinutes(1)));
                  }
                } catch (Throwable failure) {
                  failures.add(failure);
                }
              });
      callers.add(caller);
      caller.start();
    }
    for (Thread caller : callers) {
      caller.join();
    }
    assertEquals(List.of(), List.copyOf(failures));
    assertEquals(100_000, connection.stats().answered());
  }

  /**
   * How long small calls take while large ones go both ways all the time. Printed, not asserted: it
   * is the machine's as much as ours.
   */
  @Test
  void smallCallsDoNotWaitForLargeOnes() throws Exception {
    MuxConnection connection =
        world.connect(
            world.server(MuxRequest::body),
            options -> options.maxPendingBytes(4L * LARGE).timeout(Duration.ofMinutes(2)),
            null);
    int seconds = Integer.getInteger("mux.largeBesideSmall", 1);
    AtomicBoolean enough = new AtomicBoolean();
    CompletableFuture<?> large = sendLarge(connection, enough);
    List<Long> times = new ArrayList<>();
    byte[] small = new byte[64];
    long until = System.nanoTime() + seconds * 1_000_000_000L;
    while (times.size() < 20 || System.nanoTime() - until < 0) {
      long begin = System.nanoTime();
      connection.call(small);
      times.add(System.nanoTime() - begin);
    }
    enough.set(true);
    large.get();
    times.sort(null);
    long p99 = times.get(times.size() * 99 / 100) / 1000;
    System.out.printf(
        "beside 16 MiB: %d calls of 64 bytes, p50 %d us, p99 %d us, longest %d us%n",
        times.size(), times.get(times.size() / 2) / 1000, p99, times.get(times.size() - 1) / 1000);
  }

  /** Seed defect 7. */
  @Test
  void whatGathersLeavesInOneWrite() throws Exception {
    MuxConnection connection = world.connectTo(MuxRequest::body);
    long writes = connection.stats().writes();
    CountDownLatch go = new CountDownLatch(1);
    CountDownLatch held = new CountDownLatch(1);
    IoLoop loop = Loops.join();
    loop.execute(
        () -> {
          held.countDown();
          try {
            go.await();
          } catch (InterruptedException nobodyDoes) {
            throw new IllegalStateException(nobodyDoes);
          }
        });
    held.await();
    List<CompletableFuture<byte[]>> calls = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      calls.add(connection.callAsync(new byte[] {1}));
    }
    go.countDown();
    for (CompletableFuture<byte[]> call : calls) {
      call.get();
    }
    Loops.leave();
    long needed = connection.stats().writes() - writes;
    assertTrue(needed < 10, () -> needed + " writes for 1000 requests");
  }

  /** One after the other, until there were enough. */
  private static CompletableFuture<?> sendLarge(MuxConnection connection, AtomicBoolean enough) {
    byte[] large = new byte[LARGE];
    large[LARGE - 1] = 7;
    return connection
        .callAsync(large)
        .thenCompose(
            answer -> {
              assertTrue(Arrays.equals(large, answer));
              return enough.get()
                  ? CompletableFuture.completedFuture(null)
                  : sendLarge(connection, enough);
            });
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 11, -1, 12 + Wire.MOST_PAYLOAD + 1, Integer.MAX_VALUE, 1 << 30})
  void aLengthThatLiesAllocatesNothing(int length) throws Exception {
    com.sun.management.ThreadMXBean threads =
        (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    decode(5); // loads classes
    long before = threads.getCurrentThreadAllocatedBytes();
    decode(length);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    // the decoder, the exception and its message
    assertTrue(allocated < 60_000, () -> allocated + " bytes for a length of " + length);
  }

  private static void decode(int length) {
    FrameDecoder decoder = new FrameDecoder(Wire.MOST_PAYLOAD, (t, more, code, id, body) -> {});
    ByteBuffer header = ByteBuffer.allocate(16).putInt(length).putInt('Q' << 24).putLong(1);
    assertThrows(ProtocolException.class, () -> decoder.decode(header.flip()));
  }
}
