package io.connpool.mux;

import static io.connpool.mux.MuxException.Delivery.MAYBE_SENT;
import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import io.connpool.mux.MuxException.Reason;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.SelectionKey;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One end of a connection: what users call, and what the loop tells it.
 *
 * <pre>
 * begin() --HELLO received--> open --drain() or GOAWAY--> leaving --+
 *    |                          |                                   |
 *    +--------------------------+---------- die() ------------------+--> dead --bury()--> buried
 * </pre>
 *
 * <p><b>The end.</b> Anybody may declare the connection dead, once; the channel is closed there and
 * then. It is buried by the loop, and only as the owner of the outbox: nobody is in the middle of a
 * write then, so it is known how far the stream got, and each call gets its verdict.
 */
final class Session implements MuxConnection, Inbox.Receiver, IoLoop.Selected {
  private static final System.Logger LOG = System.getLogger(Session.class.getName());

  /** How often a caller writes for others besides itself before it leaves that to the loop. */
  private static final int CALLER_ROUNDS = 2;

  /**
   * With more calls in flight, or requests being handled, whoever is about to write yields once
   * before: others who were about to call or answer add theirs, and one write takes all. Measured
   * with 64 platform callers: 39 to 177 k calls a second without, 261 to 392 k with it, and p99 0.7
   * ms instead of 3.7.
   */
  private static final int MANY_CALLS = 16;

  /**
   * 1 MiB, a millisecond's work: then answers are written before more is read. With 16 a call of 64
   * bytes beside messages of 16 MiB had a p99 of 14 ms, with 4 it has 8.
   */
  private static final int READ_ROUNDS = 4;

  static final long FIRST_ID = 1;

  /** Learns what becomes of a session, on any thread; must not block. */
  interface Watcher {
    /** The peer wants no more calls; those it has taken on go on. */
    void leaving(String why);

    /** It is over. Told before the calls in flight fail. */
    void ended(Throwable cause);
  }

  private static final Watcher NOBODY =
      new Watcher() {
        @Override
        public void leaving(String why) {}

        @Override
        public void ended(Throwable cause) {}
      };

  /** Why the connection ended; {@code cause} is null and {@code wanted} true if this end did it. */
  private record End(Reason reason, String message, @Nullable Throwable cause, boolean wanted) {}

  private final FrameChannel channel;
  private final MuxOptions options;
  private final IoLoop loop;
  private final Consumer<Session> onEnd;
  private final Gate gate;
  private final Requester requester;
  private final Outbox outbox;
  private final Inbox inbox;
  private final Responder responder;
  private final Vitals vitals;
  private final CompletableFuture<Void> opened = new CompletableFuture<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private final AtomicReference<@Nullable End> end = new AtomicReference<>();

  private final AtomicBoolean readyNoted = new AtomicBoolean();

  /** Set before it begins. */
  private Watcher watcher = NOBODY;

  /** Why no call may be begun any more; null while one may. */
  private volatile @Nullable String leaving;

  private volatile boolean buried;

  /** The stack of what was handed over to the loop; the owner of the outbox pushes. */
  @Nullable Session nextHandedOver;

  // Written by the loop only; the volatile ones are read by statistics.
  private @Nullable SelectionKey key;
  private boolean pongSeen;
  private boolean lastCallMade;
  private @Nullable Draining draining;

  private record Draining(long pongBy, long deadline) {}

  Session(
      FrameChannel channel,
      MuxOptions options,
      @Nullable MuxHandler handler,
      IoLoop loop,
      Admission admission,
      long firstId,
      Consumer<Session> onEnd) {
    this.channel = channel;
    this.options = options;
    this.loop = loop;
    this.onEnd = onEnd;
    this.gate = new Gate(options.maxInFlight(), options.maxPendingBytes(), this::start);
    this.outbox = new Outbox(channel, gate, admission);
    this.requester =
        new Requester(this, options, loop, outbox, gate, new Calls(options.maxInFlight(), firstId));
    long now = System.nanoTime();
    this.inbox = new Inbox(channel, options.maxMessage(), now, this);
    this.vitals = new Vitals(options, inbox, outbox::written, now);
    this.responder =
        new Responder(this, handler, options.inlineHandlers(), admission, gate, outbox, loop);
    Hello hello =
        new Hello(
            Wire.MOST_PAYLOAD, options.maxMessage(), handler == null ? 0 : options.maxHandling());
    Message first = new Message(Wire.HELLO, 0, 0, hello.encode());
    gate.force(first.cost());
    outbox.add(first); // sent when it begins; whatever is said before that comes behind it
  }

  static Session open(FrameChannel channel, MuxOptions options, @Nullable MuxHandler handler)
      throws IOException, InterruptedException {
    return open(channel, options, handler, NOBODY);
  }

  static Session open(
      FrameChannel channel, MuxOptions options, @Nullable MuxHandler handler, Watcher watcher)
      throws IOException, InterruptedException {
    Session session =
        new Session(
            channel,
            options,
            handler,
            Loops.join(),
            new Admission(options.maxHandling()),
            FIRST_ID,
            ended -> Loops.leave());
    session.watcher = watcher;
    session.begin();
    try {
      session.opened.get(); // the loop's ticks see to the handshake timeout
      return session;
    } catch (ExecutionException failure) {
      Throwable cause = Objects.requireNonNull(failure.getCause());
      throw new IOException(cause.getMessage(), cause);
    } catch (InterruptedException interrupted) {
      session.close();
      throw interrupted;
    }
  }

  void begin() {
    loop.execute(
        () -> {
          if (isDead()) {
            return;
          }
          loop.add(this);
          try {
            channel.onReady(this::noteReady);
            if (channel instanceof SelectableFrameChannel socket) {
              key = loop.register(socket.selectable(), SelectionKey.OP_READ, this);
            }
            if (outbox.tryOwn()) {
              writeAsOwner(false);
            }
            read();
          } catch (Throwable failure) {
            die(Reason.CLOSED, "cannot begin", failure);
          }
        });
  }

  // --- calls ---

  @Override
  public byte[] call(byte[] request) throws MuxException, InterruptedException {
    return call(request, options.timeout());
  }

  @Override
  public byte[] call(byte[] request, Duration timeout) throws MuxException, InterruptedException {
    return requester.await(
        new Exchange.Sync(Wire.REQUEST, request, System.nanoTime(), nanos(timeout)));
  }

  @Override
  public void send(byte[] message) throws MuxException, InterruptedException {
    send(message, options.timeout());
  }

  @Override
  public void send(byte[] message, Duration timeout) throws MuxException, InterruptedException {
    requester.await(
        new Exchange.Sync(Wire.ONE_WAY, message.clone(), System.nanoTime(), nanos(timeout)));
  }

  @Override
  public Duration ping(Duration timeout) throws MuxException, InterruptedException {
    long asked = System.nanoTime();
    requester.awaitPong(new Exchange.Sync(Wire.PING, Message.EMPTY, asked, nanos(timeout)));
    return Duration.ofNanos(System.nanoTime() - asked);
  }

  @Override
  public CompletableFuture<byte[]> callAsync(byte[] request) {
    return callAsync(request, options.timeout());
  }

  @Override
  public CompletableFuture<byte[]> callAsync(byte[] request, Duration timeout) {
    Exchange.Async call = new Exchange.Async(requester, request, System.nanoTime(), nanos(timeout));
    MuxException failure = requester.begin(call);
    if (failure != null) {
      call.future.completeExceptionally(failure);
    }
    return call.future;
  }

  private static long nanos(Duration timeout) {
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("timeout must be positive, was " + timeout);
    }
    // Half of the range of nanoTime: sums never overflow into the past.
    Duration longest = Duration.ofNanos(Long.MAX_VALUE / 2);
    return (timeout.compareTo(longest) < 0 ? timeout : longest).toNanos();
  }

  private void start(Exchange admitted) {
    requester.start(admitted);
  }

  // --- sending ---

  /** Queues, and writes if nobody else does. */
  void post(Message message, boolean preferLoop) {
    outbox.add(message);
    if (outbox.tryOwn()) {
      writeAsOwner(preferLoop);
    }
  }

  /** Queues what the gate has not counted. */
  void postUncounted(Message message) {
    gate.force(message.cost());
    post(message, false);
  }

  @SuppressWarnings("ThreadPriorityCheck") // a matter of speed only
  private void writeAsOwner(boolean preferLoop) {
    if (buried) {
      discard();
    } else if (loop.isInside()) {
      loop.flushLater(this);
    } else {
      if (!preferLoop && (gate.calls() > MANY_CALLS || responder.handling() > MANY_CALLS)) {
        Thread.yield();
      }
      if (preferLoop || loop.isAwake() || isDead() || !writeAsCaller()) {
        loop.handOver(this);
      }
    }
  }

  /** False if the loop must go on; this thread still is the owner then. */
  private boolean writeAsCaller() {
    try {
      for (int round = 0; round < CALLER_ROUNDS; round++) {
        Outbox.Outcome outcome = outbox.drain(1);
        if (outcome == Outbox.Outcome.BLOCKED) {
          return false;
        }
        if (outcome == Outbox.Outcome.DONE && !outbox.releaseOrGoOn(this)) {
          return true;
        }
      }
    } catch (Throwable failure) { // also of a channel of the user's
      die(Reason.CLOSED, "cannot write", failure);
    }
    return false;
  }

  /** On the loop, which owns the outbox. */
  void flushByLoop(int rounds) {
    try {
      while (!isDead()) {
        Outbox.Outcome outcome = outbox.drain(rounds);
        if (outcome == Outbox.Outcome.BLOCKED) {
          noteBlocked();
          return;
        }
        if (outcome == Outbox.Outcome.MORE) {
          loop.flushLater(this);
          return;
        }
        if (!outbox.releaseOrGoOn(this)) {
          return;
        }
      }
    } catch (Throwable failure) {
      die(Reason.CLOSED, "cannot write", failure);
    }
    bury();
  }

  private void noteBlocked() {
    vitals.blocked(loop.now());
    if (key != null) {
      key.interestOpsOr(SelectionKey.OP_WRITE);
    }
  }

  /** After dying: whether the outbox still needs an owner who buries the session. */
  boolean needsOwner() {
    return isDead() && !buried;
  }

  private void discard() {
    do {
      outbox.discard();
    } while (outbox.releaseOrGoOn(this));
  }

  // --- what the loop tells ---

  @Override
  public void onSelected(SelectionKey selected) {
    if (selected.isWritable()) {
      selected.interestOpsAnd(~SelectionKey.OP_WRITE);
      unblock();
    }
    if (selected.isReadable()) {
      read();
    }
  }

  private void unblock() {
    if (vitals.isBlocked()) {
      vitals.unblocked();
      loop.flushLater(this); // it has owned the outbox since it was blocked
    }
  }

  /** From a channel that no selector watches; on any thread. */
  private void noteReady() {
    if (readyNoted.compareAndSet(false, true)) {
      loop.execute(
          () -> {
            readyNoted.set(false);
            unblock();
            read();
          });
    }
  }

  private void read() {
    if (isDead()) {
      return;
    }
    try {
      int result = inbox.read(loop.readBuffer, READ_ROUNDS, loop.now());
      if (result < 0) {
        die(Reason.CLOSED, "the peer has closed the connection", null);
      } else if (result > 0) { // what TLS holds back no selector shows
        noteReady();
      }
    } catch (ProtocolException wrong) {
      breakOff(wrong);
    } catch (Throwable failure) {
      die(Reason.CLOSED, "cannot read", failure);
    }
    requester.settleBatch();
  }

  private void breakOff(ProtocolException wrong) {
    farewell(Wire.PROTOCOL_ERROR, String.valueOf(wrong.getMessage()));
    die(Reason.PROTOCOL_ERROR, "protocol error: " + wrong.getMessage(), wrong);
  }

  @Override
  public void onMessage(int type, int code, long id, @Nullable Fragments before, byte[] body)
      throws ProtocolException {
    if (type == Wire.HELLO || !opened.isDone()) {
      onHello(type, body);
      return;
    }
    switch (type) {
      case Wire.REQUEST -> responder.onRequest(code, id, before, body);
      case Wire.ONE_WAY -> responder.onOneWay(id, before, body);
      case Wire.ANSWER, Wire.ERROR, Wire.REFUSED -> {
        if (!requester.onAnswer(type, code, id, before, body)) {
          responder.onOrphan(id, before, body);
        }
      }
      case Wire.CANCEL -> onCancel(id);
      case Wire.PING -> responder.reply(new Message(Wire.PONG, 0, id, Message.EMPTY));
      case Wire.PONG -> onPong(id);
      case Wire.GOAWAY -> onGoAway(code, body);
      default -> throw new ProtocolException("unknown frame type " + type);
    }
  }

  private void onHello(int type, byte[] body) throws ProtocolException {
    if (type != Wire.HELLO || opened.isDone()) {
      throw new ProtocolException("the first frame, and no other, must be a HELLO");
    }
    Hello peer = Hello.decode(body);
    outbox.mostPayload(Math.min(peer.mostPayload(), Wire.MOST_PAYLOAD));
    requester.limit(peer);
    vitals.helloReceived();
    opened.complete(null);
  }

  private void onCancel(long id) {
    if (!inbox.forgetPartialRequest(id)) {
      responder.onCancel(id);
    }
  }

  private void onPong(long id) throws ProtocolException {
    pongSeen |= id == 0;
    requester.onPong(id);
  }

  /** How many requests may be in flight at once, as both ends say. */
  int mostCalls() {
    return gate.mostCalls();
  }

  /** How many requests are in flight or wait for a place. */
  int load() {
    return gate.calls() + gate.waiting();
  }

  int mostMessageOfPeer() {
    return requester.mostMessage();
  }

  Responder responder() {
    return responder;
  }

  // --- time ---

  /** Whether there is anything with a deadline of less than seconds. */
  boolean isBusy() {
    return requester.isBusy() || vitals.isBlocked() || draining != null || !opened.isDone();
  }

  void tick(long now) {
    if (isDead()) {
      return;
    }
    requester.tick(now);
    String complaint = vitals.complaint(now);
    if (complaint != null) {
      die(Reason.TIMEOUT, complaint, null);
    } else if (vitals.isPingDue(now)) {
      postUncounted(new Message(Wire.PING, 0, 0, Message.EMPTY));
    }
    Draining departure = draining;
    if (departure != null) {
      proceed(departure, now);
    }
  }

  // --- the end ---

  @Override
  public CompletableFuture<Void> drain(Duration grace) {
    long nanos = grace.isZero() ? 0 : nanos(grace);
    if (leaving == null) {
      leaving = "the connection is being drained";
    }
    loop.execute(
        () -> {
          if (draining == null && !isDead()) {
            draining = new Draining(loop.now() + nanos / 2, loop.now() + nanos);
            pongSeen = false;
            postUncounted(new GoAway(Wire.EVERYTHING, "draining").message(Wire.GOING));
            postUncounted(new Message(Wire.PING, 0, 0, Message.EMPTY));
          }
        });
    return closed.copy();
  }

  /**
   * In two steps, as the peer may have sent requests before it learned of the first: after its PONG
   * it knows, and only what comes then is refused.
   */
  private void proceed(Draining departure, long now) {
    if (!lastCallMade && (pongSeen || now - departure.pongBy() >= 0)) {
      lastCallMade = true;
      postUncounted(new GoAway(responder.lastCall(), "drained").message(Wire.GOING));
    }
    boolean done = responder.isOver() && gate.calls() + gate.waiting() == 0 && outbox.isAtRest();
    if (done || now - departure.deadline() >= 0) {
      die(new End(Reason.CLOSED, "drained", null, true));
    }
  }

  private void onGoAway(int code, byte[] body) throws ProtocolException {
    GoAway goAway = GoAway.decode(body);
    leaving = "the peer is going away: " + goAway.why();
    watcher.leaving(leaving);
    if (code != Wire.GOING) {
      LOG.log(WARNING, "{0}: the peer breaks off, code {1}: {2}", this, code, goAway.why());
    }
    requester.onGoAway(goAway.count(), "the peer is going away: " + goAway.why());
  }

  @Override
  public void close() {
    if (!isDead()) {
      farewell(Wire.GOING, "closed");
      die(new End(Reason.CLOSED, "closed", null, true));
    }
  }

  /** Tells the peer why, if the channel takes it at once and nobody else is writing. */
  private void farewell(int code, String why) {
    Message message = new GoAway(responder.received(), why).message(code);
    gate.force(message.cost());
    outbox.add(message);
    if (outbox.tryOwn()) {
      try {
        outbox.drain(1);
      } catch (Throwable alreadyBroken) {
        LOG.log(DEBUG, "no farewell to the peer of " + this, alreadyBroken);
      }
      loop.handOver(this);
    }
  }

  private void die(Reason reason, String message, @Nullable Throwable cause) {
    die(new End(reason, message, cause, false));
  }

  private void die(End why) {
    if (end.compareAndSet(null, why)) {
      leaving = why.message();
      Throwable cause = why.cause();
      watcher.ended(cause != null ? cause : new IOException(this + ": " + why.message()));
      try {
        channel.close();
      } catch (Throwable failure) {
        LOG.log(DEBUG, "closing the channel of " + this, failure);
      }
      if (outbox.tryOwn()) {
        loop.handOver(this);
      } else {
        // The owner sees that it is dead before he lets go, unless he waits for a closed channel.
        loop.execute(this::unblock);
      }
    }
  }

  /** The loop has failed; on the loop. */
  void endBy(Throwable defect) {
    die(Reason.CLOSED, "the I/O loop failed", defect);
  }

  boolean isDead() {
    return end.get() != null;
  }

  @Nullable String whyLeaving() {
    return leaving;
  }

  @Nullable Throwable causeOfDeath() {
    End ended = end.get();
    return ended == null ? null : ended.cause();
  }

  String whyDead() {
    return Objects.requireNonNull(end.get()).message();
  }

  /**
   * On the loop, as the owner of the outbox. If this fails it is done again, so all that may fail
   * comes first.
   */
  private void bury() {
    if (buried) {
      discard();
      return;
    }
    End why = Objects.requireNonNull(end.get());
    requester.failAll(why.reason(), why.message());
    inbox.discard();
    MuxException cause =
        why.wanted()
            ? null
            : new MuxException(why.reason(), MAYBE_SENT, this + ": " + why.message(), why.cause());
    opened.completeExceptionally(
        cause != null ? cause : new IOException(this + ": " + why.message()));
    loop.callLater(
        moreToCome -> {
          responder.tellClosed(cause);
          closed.complete(null);
        });
    buried = true;
    loop.remove(this);
    onEnd.accept(this);
    discard();
  }

  // --- what it looks like ---

  @Override
  public SocketAddress localAddress() {
    return channel.localAddress();
  }

  @Override
  public SocketAddress remoteAddress() {
    return channel.remoteAddress();
  }

  @Override
  public boolean isOpen() {
    return leaving == null && opened.isDone();
  }

  @Override
  public MuxStats stats() {
    return new MuxStats(
        gate.calls(),
        gate.waiting(),
        gate.bytes(),
        responder.handling(),
        requester.answered(),
        requester.refused(),
        requester.timedOut(),
        responder.orphans(),
        responder.accepted(),
        responder.turnedAway(),
        outbox.frames(),
        outbox.writes(),
        inbox.frames(),
        inbox.reads());
  }

  @Override
  public String toString() {
    return "mux " + options.name() + " to " + channel.remoteAddress();
  }
}
