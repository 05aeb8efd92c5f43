package io.connpool.mux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Errors where nobody expects one: nobody is left waiting, and what is not concerned goes on. */
@Timeout(60)
class LoopFailureTest {
  private static final byte[] HELLO = {1, 2, 3};
  private static final Error ERROR = new LinkageError("made by a test");

  @RegisterExtension final MuxWorld world = new MuxWorld(Carrier.MEMORY);

  private final CountDownLatch never = new CountDownLatch(1);

  /** Answers only what is longer than the first message. */
  private byte[] holdFirst(MuxRequest request) throws InterruptedException {
    if (request.body().length == HELLO.length) {
      never.await();
    }
    return request.body();
  }

  @Test
  void anErrorOfAChannelThatIsReadEndsItsConnectionAndNoOther() throws Exception {
    MuxServer server = world.server(this::holdFirst);
    Breakable channel = new Breakable(Carrier.MEMORY.dial(server));
    MuxConnection hit = world.over(channel);
    MuxConnection other = world.connect(server);
    CompletableFuture<byte[]> call = hit.callAsync(HELLO);
    CompletableFuture<byte[]> undisturbed = other.callAsync(HELLO);

    channel.failReads = true;
    hit.callAsync(new byte[10]);

    assertSame(ERROR, failureOf(call).getCause());
    assertArrayEquals(new byte[10], other.call(new byte[10]));
    assertFalse(undisturbed.isDone());
    never.countDown();
    assertArrayEquals(HELLO, undisturbed.get());
  }

  @Test
  void anErrorOfAChannelThatIsWrittenFailsTheCallThatWritesAndThoseBeforeIt() throws Exception {
    MuxServer server = world.server(this::holdFirst);
    Breakable channel = new Breakable(Carrier.MEMORY.dial(server));
    MuxConnection hit = world.over(channel);
    CompletableFuture<byte[]> call = hit.callAsync(HELLO);

    channel.failWrites = true;

    MuxException failure = assertThrows(MuxException.class, () -> hit.call(HELLO));
    assertSame(ERROR, failure.getCause());
    assertSame(ERROR, failureOf(call).getCause());
    never.countDown();
  }

  @Test
  void anErrorInTheLoopEndsAllItsConnectionsAndSaysWhyAndTheNextOnesWork() throws Exception {
    MuxServer server = world.server(this::holdFirst);
    MuxConnection one = world.connect(server);
    MuxConnection two = world.connect(server);
    List<CompletableFuture<byte[]>> calls = List.of(one.callAsync(HELLO), two.callAsync(HELLO));
    IoLoop loop = Loops.join();
    try (Log log = new Log()) {
      loop.execute(
          () -> {
            throw ERROR;
          });

      for (CompletableFuture<byte[]> call : calls) {
        assertSame(ERROR, failureOf(call).getCause());
      }
      assertFalse(one.isOpen());
      assertTrue(log.errors.contains(ERROR), "said so");
    } finally {
      Loops.leave();
    }
    never.countDown();
    MuxConnection next = world.connect(server);
    assertArrayEquals(new byte[10], next.call(new byte[10]));
  }

  @Test
  void anErrorOfAnInlineHandlerIsAnAnswerAndOneOfAnInlineCallbackHurtsNobody() throws Exception {
    MuxServer server =
        world.server(
            options -> options.inlineHandlers(true),
            new MuxHandler() {
              @Override
              public byte[] onRequest(MuxRequest request) {
                if (request.body().length == HELLO.length) {
                  throw ERROR;
                }
                return request.body();
              }

              @Override
              public void onError(MuxConnection connection, Throwable failure) {
                assertSame(ERROR, failure);
              }
            });
    MuxConnection connection =
        world.connect(server, options -> options.inlineCallbacks(true), null);

    assertEquals(
        MuxException.Reason.HANDLER_FAILED, failureOf(connection.callAsync(HELLO)).reason());
    CompletableFuture<byte[]> dependent =
        connection
            .callAsync(new byte[10])
            .thenApply(
                answer -> {
                  throw ERROR;
                });

    assertThrows(ExecutionException.class, () -> dependent.get(20, TimeUnit.SECONDS));
    assertArrayEquals(new byte[10], connection.call(new byte[10]));
  }

  private static MuxException failureOf(CompletableFuture<?> call) {
    ExecutionException failure =
        assertThrows(ExecutionException.class, () -> call.get(20, TimeUnit.SECONDS));
    return assertInstanceOf(MuxException.class, failure.getCause());
  }

  /** A channel of a user's with a mistake in it. */
  private static final class Breakable implements FrameChannel {
    private final FrameChannel channel;
    volatile boolean failReads;
    volatile boolean failWrites;

    Breakable(FrameChannel channel) {
      this.channel = channel;
    }

    @Override
    public void onReady(Runnable ready) {
      channel.onReady(ready);
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
      if (failReads) {
        throw ERROR;
      }
      return channel.read(into);
    }

    @Override
    public int write(ByteBuffer from) throws IOException {
      if (failWrites) {
        throw ERROR;
      }
      return channel.write(from);
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

  /** What the loop logs, kept from the console. */
  private static final class Log extends Handler implements AutoCloseable {
    private static final Logger LOGGER = Logger.getLogger(IoLoop.class.getName());
    final ConcurrentLinkedQueue<Throwable> errors = new ConcurrentLinkedQueue<>();

    Log() {
      LOGGER.setUseParentHandlers(false);
      LOGGER.addHandler(this);
    }

    @Override
    public void publish(LogRecord entry) {
      if (entry.getThrown() != null) {
        errors.add(entry.getThrown());
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
      LOGGER.removeHandler(this);
      LOGGER.setUseParentHandlers(true);
    }
  }
}
