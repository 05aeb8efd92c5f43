package io.connpool.mux;

import static io.connpool.mux.MuxException.Delivery.MAYBE_SENT;

import io.connpool.mux.MuxException.Reason;
import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One end of a connection: what users call, what the peer says and what the loop tells; each is
 * passed to the part whose concern it is.
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
final class Session implements MuxConnection, Inbox.Receiver {
  private static final long FIRST_ID = 1;

  private final FrameChannel channel;
  private final MuxOptions options;
  private final IoLoop loop;
  private final Consumer<Session> onEnd;
  private final Gate gate;
  private final Outbox outbox;
  private final Inbox inbox;
  private final Vitals vitals;
  private final Ending ending;
  private final Writer writer;
  private final Requester requester;
  private final Responder responder;
  private final Departure departure;
  private final Reader reader;
  private final CompletableFuture<Void> opened = new CompletableFuture<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();

  Session(
      FrameChannel channel,
      MuxOptions options,
      @Nullable MuxHandler handler,
      IoLoop loop,
      Admission admission,
      Ending.Watcher watcher,
      Consumer<Session> onEnd) {
    this.channel = channel;
    this.options = options;
    this.loop = loop;
    this.onEnd = onEnd;
    this.gate = new Gate(options.maxInFlight(), options.maxPendingBytes(), this::start);
    this.outbox = new Outbox(channel, gate, admission);
    long now = System.nanoTime();
    this.inbox = new Inbox(channel, options.maxMessage(), now, this);
    this.vitals = new Vitals(options, inbox, outbox::written, now);
    this.ending = new Ending(this, channel, watcher, this::seeToBurial);
    Handling handling = new Handling(admission, outbox);
    this.writer = new Writer(outbox, gate, handling, loop, vitals, ending, this::bury);
    Calls calls = new Calls(options.maxInFlight(), FIRST_ID);
    this.requester = new Requester(this, options, loop, outbox, gate, calls, writer, ending);
    this.responder =
        new Responder(
            this, handler, options.inlineHandlers(), handling, gate, outbox, writer, loop);
    this.departure = new Departure(this, loop, gate, requester, responder, writer, ending);
    this.reader = new Reader(channel, loop, inbox, requester, departure, writer, ending);
    Hello hello =
        new Hello(
            Wire.MOST_PAYLOAD, options.maxMessage(), handler == null ? 0 : options.maxHandling());
    Message first = new Message(Wire.HELLO, 0, 0, hello.encode());
    gate.force(first.cost());
    outbox.add(first); // sent when it begins; whatever is said before that comes behind it
  }

  static Session open(FrameChannel channel, MuxOptions options, @Nullable MuxHandler handler)
      throws IOException, InterruptedException {
    return open(channel, options, handler, Ending.NOBODY);
  }

  static Session open(
      FrameChannel channel,
      MuxOptions options,
      @Nullable MuxHandler handler,
      Ending.Watcher watcher)
      throws IOException, InterruptedException {
    Session session =
        new Session(
            channel,
            options,
            handler,
            Loops.join(),
            new Admission(options.maxHandling()),
            watcher,
            ended -> Loops.leave());
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
            reader.watch();
            writer.begin();
            reader.read();
          } catch (Throwable failure) {
            ending.die(Reason.CLOSED, "cannot begin", failure);
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

  // --- what the peer says ---

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
      case Wire.PONG -> {
        departure.onPong(id);
        requester.onPong(id);
      }
      case Wire.GOAWAY -> departure.onGoAway(code, body);
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
    return requester.isBusy() || vitals.isBlocked() || departure.isDraining() || !opened.isDone();
  }

  void tick(long now) {
    if (isDead()) {
      return;
    }
    requester.tick(now);
    String complaint = vitals.complaint(now);
    if (complaint != null) {
      ending.die(Reason.TIMEOUT, complaint, null);
    } else if (vitals.isPingDue(now)) {
      writer.postUncounted(new Message(Wire.PING, 0, 0, Message.EMPTY));
    }
    departure.tick(now);
  }

  // --- the end ---

  @Override
  public CompletableFuture<Void> drain(Duration grace) {
    departure.drain(grace.isZero() ? 0 : nanos(grace));
    return closed.copy();
  }

  @Override
  public void close() {
    if (!isDead()) {
      departure.farewell(Wire.GOING, "closed");
      ending.dieByChoice("closed");
    }
  }

  private void seeToBurial() {
    writer.seeToBurial();
  }

  /** The loop has failed; on the loop. */
  void endBy(Throwable defect) {
    ending.die(Reason.CLOSED, "the I/O loop failed", defect);
  }

  boolean isDead() {
    return ending.isDead();
  }

  /**
   * On the loop, as the owner of the outbox. If this fails it is done again, so all that may fail
   * comes first.
   */
  private void bury() {
    Ending.End why = ending.why();
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
    writer.noteBurial();
    loop.remove(this);
    onEnd.accept(this);
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
    return ending.whyLeaving() == null && opened.isDone();
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
