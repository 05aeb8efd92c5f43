package io.connpool.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.connpool.CloseReason;
import io.connpool.ConnPool;
import io.connpool.Health;
import io.connpool.Lease;
import io.connpool.PoolBuilder;
import io.connpool.PoolEvent.LeakSuspected;
import io.connpool.PoolEvent.Leaked;
import io.connpool.PoolListener;
import io.connpool.PoolStats;
import io.connpool.net.Deadline;
import io.connpool.net.Probe;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * The script of {@code --drama}: one trouble after the other, each announced, each followed by what
 * the pool did about it and how long that took. Lane A is under load, lane B is not, so that its
 * connections lie idle.
 */
final class Drama implements PoolListener {

  /** So that the whole of it ends within a minute whatever happens. */
  private static final Duration LONGEST = Duration.ofSeconds(55);

  /** Each thing that a pool does about trouble takes it a few seconds at most. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final long LOOK_MILLIS = 5;

  /** As many idle connections as act 4 and 5 need to have something to lose. */
  private static final int IDLE = 3;

  private static final Duration LEAK_THRESHOLD = Duration.ofMillis(300);

  private final Duration trouble;
  private final int threads;
  private final Consumer<String> announcer;
  private final Echo echo = new Echo();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Deadline end = Deadline.after(LONGEST);
  private final AtomicReference<LeakSuspected> suspected = new AtomicReference<>();
  private final AtomicReference<String> lastWords = new AtomicReference<>();
  private final AtomicReference<Leaked> leaked = new AtomicReference<>();

  /** Something happens; returns what the pool did about it. */
  private interface Act {
    String play() throws IOException, InterruptedException;
  }

  /** What was to be seen did not happen. */
  private static final class NotSeen extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotSeen(String what, ConnPool<?> pool) {
      super(what + " was not seen; " + pool.stats());
    }
  }

  /**
   * A drama that was not played yet.
   *
   * @param trouble how long an outage and the like last
   * @param threads how many use pool A
   * @param announcer is told what happens
   */
  Drama(Duration trouble, int threads, Consumer<String> announcer) {
    this.trouble = trouble;
    this.threads = threads;
    this.announcer = announcer;
  }

  /** Ends it before its time. Any thread may call it. */
  void stop() {
    stop.countDown();
  }

  /**
   * Plays it to its end.
   *
   * @param lieEvery as for {@link EchoServer}
   * @return whether each act was seen to end well and every answer was right
   * @throws IOException if a server did not start or obey
   */
  boolean play(long lieEvery) throws IOException, InterruptedException {
    ServerProcess serverA = ServerProcess.echo("A", 0, lieEvery);
    try (Lane<TcpClient> a = lane("A", serverA, builder -> builder)) {
      ServerProcess serverB = ServerProcess.echo("B", 0, 0);
      try (Lane<TcpClient> b =
          lane("B", serverB, pool -> pool.listener(this).probe(this::probe).maxIdle(IDLE))) {
        boolean well = play(a, b.client().pool(), serverB);
        announcer.accept(
            "the end: wrong answers: %d, every act ended well: %s".formatted(wrong(), well));
        return well && wrong() == 0;
      }
    }
  }

  private Lane<TcpClient> lane(
      String name, ServerProcess server, UnaryOperator<PoolBuilder<SocketChannel>> settings) {
    return new Lane<>(name, server, new TcpClient(name, server.port(), echo, settings), announcer);
  }

  private boolean play(Lane<TcpClient> a, ConnPool<SocketChannel> b, ServerProcess serverB)
      throws IOException, InterruptedException {
    a.load(threads, Duration.ZERO);
    boolean well = act("OUTAGE: server A is killed under load", () -> outage(a));
    well &= act("HANG: server A is stopped, its port stays open", () -> hang(a));
    well &= act("SLOW DIAL: server B greets late", () -> slowDial(b, serverB));
    well &= act("STRAY BYTES: server B talks unasked", () -> strayBytes(b, serverB));
    well &= act("IDLE CLOSES: server B hangs up", () -> idleCloses(b, serverB));
    well &= act("RESIZE: pool A under load, 8 to 2 to 8", () -> resize(a));
    well &= act("LEAK: somebody forgets a lease of pool B", () -> leak(b));
    return well;
  }

  private long wrong() {
    return echo.wrongAnswers();
  }

  private boolean act(String what, Act act) throws IOException, InterruptedException {
    if (stop.getCount() == 0) {
      return true; // not seen to end badly
    }
    announcer.accept(what);
    try {
      announcer.accept("  -> " + act.play());
      return true;
    } catch (NotSeen failed) {
      announcer.accept("  -> FAILED: " + failed.getMessage());
      return stop.getCount() == 0;
    }
  }

  // --- the acts ---

  private String outage(Lane<TcpClient> lane) throws IOException, InterruptedException {
    PoolStats before = lane.client().stats();
    lane.kill();
    pause(trouble);
    lane.restart();
    String found = recovery(lane);
    PoolStats after = lane.client().stats();
    return "%d dials failed in %s, never more than %d at once; %s"
        .formatted(
            after.dialFailures() - before.dialFailures(),
            Text.millis(trouble),
            lane.client().config().maxConcurrentDials(),
            found);
  }

  private String hang(Lane<TcpClient> lane) throws IOException, InterruptedException {
    long failedBefore = lane.tally().failed();
    lane.stop();
    pause(trouble.plus(Client.ANSWER_LIMIT)); // long enough for calls to give up
    lane.restart();
    String found = recovery(lane);
    return "%d calls gave up after %s, their late answers reached nobody (wrong answers: %d); %s"
        .formatted(
            lane.tally().failed() - failedBefore, Text.millis(Client.ANSWER_LIMIT), wrong(), found);
  }

  private String recovery(Lane<TcpClient> lane) throws InterruptedException {
    ConnPool<SocketChannel> pool = lane.client().pool();
    await("an answer", pool, () -> found(lane).flatMap(Recovery::firstSuccess).isPresent());
    Recovery recovery = found(lane).orElseThrow();
    return "first answer %s after the server was back, last failure %s"
        .formatted(
            Text.millis(recovery.firstSuccess().orElseThrow()),
            recovery.lastFailure().map(t -> Text.millis(t) + " after").orElse("before"));
  }

  private static Optional<Recovery> found(Lane<TcpClient> lane) {
    return lane.tally().recovery();
  }

  private String slowDial(ConnPool<SocketChannel> pool, ServerProcess server)
      throws IOException, InterruptedException {
    Lease<SocketChannel> first = pool.acquire();
    server.say("greet-after " + trouble.toMillis());
    CompletableFuture<Lease<SocketChannel>> second = pool.acquireAsync();
    await("a dial", pool, () -> pool.stats().dialing() == 1);
    long began = System.nanoTime();
    first.close();
    Duration served;
    try {
      second.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS).close();
      served = since(began);
    } catch (ExecutionException | TimeoutException failed) {
      throw new NotSeen("a connection (" + failed + ")", pool);
    }
    boolean stillDialing = pool.stats().dialing() == 1;
    await("the end of the dial", pool, () -> pool.stats().dialing() == 0);
    server.say("greet-after 0");
    return "a caller had a released connection after %s; the dial begun for it %s, %s"
        .formatted(
            Text.millis(served),
            stillDialing ? "was still under way" : "had just ended",
            "and serves the next one");
  }

  private String strayBytes(ConnPool<SocketChannel> pool, ServerProcess server)
      throws IOException, InterruptedException {
    long before = closed(pool, CloseReason.DIRTY);
    int idle = warm(pool);
    long began = System.nanoTime();
    server.say("send server B is going down");
    await("their end", pool, () -> closed(pool, CloseReason.DIRTY) - before >= idle);
    return "%d idle connections were closed within %s, nobody asked for them; last words: \"%s\""
        .formatted(idle, Text.millis(since(began)), lastWords.get());
  }

  private String idleCloses(ConnPool<SocketChannel> pool, ServerProcess server)
      throws IOException, InterruptedException {
    long before = closed(pool, CloseReason.STALE);
    int idle = warm(pool);
    long began = System.nanoTime();
    server.say("hang-up");
    await("their end", pool, () -> closed(pool, CloseReason.STALE) - before >= idle);
    Duration noticed = since(began);
    long asked = System.nanoTime();
    pool.run(channel -> echo.ask(channel, Client.ANSWER_LIMIT));
    return "%d dead connections were noticed within %s; the next call took %s, with its dial"
        .formatted(idle, Text.millis(noticed), Text.millis(since(asked)));
  }

  private String resize(Lane<TcpClient> lane) throws InterruptedException {
    ConnPool<SocketChannel> pool = lane.client().pool();
    long failed = lane.tally().failed();
    int wide = Math.min(8, threads);
    await("all connections", pool, () -> pool.stats().total() >= wide);
    long began = System.nanoTime();
    pool.reconfigure(builder -> builder.maxActive(2));
    await("two connections", pool, () -> pool.stats().total() <= 2);
    Duration narrow = since(began);
    pause(trouble);
    began = System.nanoTime();
    pool.reconfigure(builder -> builder.maxActive(8));
    await("all connections again", pool, () -> pool.stats().total() >= wide);
    return "down to 2 within %s without cutting a call, up to %d within %s; calls failed: %d"
        .formatted(
            Text.millis(narrow), wide, Text.millis(since(began)), lane.tally().failed() - failed);
  }

  private String leak(ConnPool<SocketChannel> pool) throws InterruptedException {
    pool.reconfigure(builder -> builder.leakThreshold(LEAK_THRESHOLD));
    Thread careless = new Thread(() -> forget(pool), "demo-careless");
    long began = System.nanoTime();
    careless.start();
    careless.join();
    await("a suspicion", pool, () -> suspected.get() != null);
    Duration told = since(began);
    LeakSuspected leak = suspected.get();
    await(
        "the end of the lease",
        pool,
        () -> {
          System.gc(); // a forgotten lease is told from one in use by nobody being able to reach it
          return leaked.get() != null;
        });
    return "told after %s: taken by %s at %s; closed after %s, its place is free, %d leased"
        .formatted(
            Text.millis(told),
            leak.thread(),
            whereIn(leak.taken()),
            Text.millis(since(began)),
            pool.stats().leased());
  }

  /** What the whole act is about: the lease is neither closed nor kept. */
  private static void forget(ConnPool<SocketChannel> pool) {
    try {
      Lease<SocketChannel> forgotten = pool.acquire();
      forgotten.get();
    } catch (InterruptedException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static String whereIn(Throwable taken) {
    for (StackTraceElement frame : taken.getStackTrace()) {
      if (frame.getClassName().equals(Drama.class.getName())) {
        return frame.toString();
      }
    }
    return "an unknown place";
  }

  @Override
  public void leakSuspected(LeakSuspected event) {
    suspected.set(event);
  }

  @Override
  public void leaked(Leaked event) {
    leaked.set(event);
  }

  // --- what they need ---

  /** Makes some connections lie idle, and says how many do. */
  private int warm(ConnPool<SocketChannel> pool) throws InterruptedException {
    pool.warmUp(IDLE, IDLE, PATIENCE, exist -> {});
    await("idle connections", pool, () -> pool.stats().idle() >= IDLE);
    return pool.stats().idle();
  }

  /** As {@link Probe#check(SocketChannel)}, and keeps what it finds. */
  private Health probe(SocketChannel channel) {
    ByteBuffer words = ByteBuffer.allocate(64);
    Health health = Probe.check(channel, words);
    if (words.position() > 0) {
      lastWords.set(UTF_8.decode(words.flip()).toString());
    }
    return health;
  }

  private static long closed(ConnPool<?> pool, CloseReason reason) {
    return pool.stats().closedBy().getOrDefault(reason, 0L);
  }

  private void pause(Duration time) throws InterruptedException {
    if (stop.await(time.toNanos(), TimeUnit.NANOSECONDS)) {
      announcer.accept("stopping");
    }
  }

  private void await(String what, ConnPool<?> pool, BooleanSupplier condition)
      throws InterruptedException {
    Deadline deadline = Deadline.after(PATIENCE);
    while (!condition.getAsBoolean()) {
      if (deadline.hasPassed() || end.hasPassed()) {
        throw new NotSeen(what, pool);
      }
      if (stop.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        throw new NotSeen(what + ", because it was stopped,", pool);
      }
    }
  }

  private static Duration since(long nanoTime) {
    return Duration.ofNanos(System.nanoTime() - nanoTime);
  }
}
