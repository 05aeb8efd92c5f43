package io.connpool.mux;

import static io.connpool.testkit.PoolWorld.eventually;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A connection that ends after so many bytes, for each number of bytes of a short conversation: so
 * in every state. Each call ends, once, with its own answer or a verdict that is true.
 */
@Timeout(120)
class EndAnywhereTest {
  /** HELLO and three requests, each way, with some bytes to spare. */
  private static final int CONVERSATION = 36 + 3 * (16 + 8) + 20;

  /** Where the end comes only after a time-out, not every byte has its turn. */
  private static final int STEP_OF_SILENCE = 11;

  @RegisterExtension final MuxWorld world = new MuxWorld(Carrier.MEMORY);

  /** The numbers of the requests that were run; no two have the same. */
  private final Set<Integer> run = ConcurrentHashMap.newKeySet();

  private int asked;

  private enum End {
    WRITE_FAILS,
    STREAM_ENDS,
    RESET,
    SILENCE
  }

  private byte[] answer(MuxRequest request) {
    assertTrue(run.add(ByteBuffer.wrap(request.body()).getInt()), "run twice");
    return request.body();
  }

  @ParameterizedTest
  @EnumSource
  void everyCallEndsOnceAndTheVerdictIsTrue(End end) throws Exception {
    MuxServer server = world.server(this::answer);
    int step = end == End.SILENCE ? STEP_OF_SILENCE : 1;
    for (int bytes = 0; bytes < CONVERSATION; bytes += step) {
      FrameChannel channel = new EndingChannel(Carrier.MEMORY.dial(server), end, bytes);
      MuxConnection connection;
      try {
        connection = MuxConnection.over(channel, impatient(), null);
      } catch (IOException ended) {
        continue; // before both had said HELLO
      }
      converse(connection, end + " after " + bytes);
      connection.close();
      eventually(() -> "at rest: " + connection.stats(), () -> isAtRest(connection.stats()));
    }
    assertArrayEquals(new byte[8], world.connect(server).call(new byte[8]));
  }

  private static MuxOptions impatient() {
    return MuxOptions.builder()
        .handshakeTimeout(Duration.ofMillis(300))
        .pingAfter(Duration.ofMillis(50))
        .pingTimeout(Duration.ofMillis(100))
        .timeout(Duration.ofSeconds(30))
        .build();
  }

  private static boolean isAtRest(MuxStats stats) {
    return stats.inFlight() == 0 && stats.waiting() == 0 && stats.pendingBytes() == 0;
  }

  private void converse(MuxConnection connection, String when) throws Exception {
    List<CompletableFuture<byte[]>> calls = new ArrayList<>();
    int first = asked + 1;
    for (int i = 0; i < 3; i++) {
      calls.add(connection.callAsync(ByteBuffer.allocate(8).putInt(++asked).array()));
    }
    for (int i = 0; i < 3; i++) {
      int number = first + i;
      try {
        byte[] answer = calls.get(i).get(20, TimeUnit.SECONDS);
        assertEquals(number, ByteBuffer.wrap(answer).getInt(), when);
      } catch (ExecutionException failure) {
        MuxException mux = (MuxException) failure.getCause();
        if (mux.delivery().isSafeToRetry()) {
          connection.close();
          assertTrue(!run.contains(number), () -> when + ": run, but " + mux);
        }
      }
    }
  }

  /** Counts the bytes of one direction, and then ends. */
  private static final class EndingChannel implements FrameChannel {
    private final FrameChannel channel;
    private final End end;
    private int left;
    private Runnable ready = () -> {};

    EndingChannel(FrameChannel channel, End end, int bytes) {
      this.channel = channel;
      this.end = end;
      left = bytes;
    }

    @Override
    public void onReady(Runnable told) {
      ready = told;
      channel.onReady(told);
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
      if (end == End.WRITE_FAILS) {
        return channel.read(into);
      }
      if (left == 0) {
        return switch (end) {
          case STREAM_ENDS -> -1;
          case RESET -> throw new IOException("Connection reset by peer");
          default -> swallowed();
        };
      }
      int all = into.limit();
      into.limit(Math.min(all, into.position() + left));
      int count = channel.read(into);
      into.limit(all);
      left -= Math.max(0, count);
      if (left == 0) {
        ready.run(); // what comes next is there already: the end
      }
      return count;
    }

    private int swallowed() throws IOException {
      int count = channel.read(ByteBuffer.allocate(4096));
      return Math.min(0, count);
    }

    @Override
    public int write(ByteBuffer from) throws IOException {
      if (end != End.WRITE_FAILS) {
        return channel.write(from);
      }
      if (left == 0) {
        throw new IOException("Broken pipe");
      }
      int all = from.limit();
      from.limit(Math.min(all, from.position() + left));
      int count = channel.write(from);
      from.limit(all);
      left -= count;
      if (left == 0) {
        ready.run();
      }
      return count;
    }

    @Override
    public SocketAddress localAddress() {
      return channel.localAddress();
    }

    @Override
    public SocketAddress remoteAddress() {
      return channel.remoteAddress();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
