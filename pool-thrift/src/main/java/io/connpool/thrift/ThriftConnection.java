package io.connpool.thrift;

import io.connpool.Health;
import io.connpool.net.Deadline;
import io.connpool.net.Fuse;
import io.connpool.net.Wire;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.thrift.TException;
import org.apache.thrift.protocol.TProtocol;
import org.apache.thrift.transport.TTransport;

/**
 * One connection to a Thrift server, with everything that belongs to it for life: the socket, what
 * has passed over it, and a generated client for each service that was called through it. Belongs
 * to one thread at a time.
 */
final class ThriftConnection implements Conversation {
  private final Wire wire;
  private final Fuse fuse;
  private final TTransport link;
  private final StreamMessages messages;
  private final WireState state;
  private final Encoding encoding;
  private final Map<Service<?>, Object> clients = new HashMap<>(4);
  private final AtomicBoolean busy = new AtomicBoolean();

  /** When it was last known to be good, on {@link System#nanoTime()}. */
  private long trustedAt = System.nanoTime();

  private ThriftConnection(Wire wire, Fuse fuse, TTransport link, WireState state, Dialect dialect)
      throws TException {
    this.wire = wire;
    this.fuse = fuse;
    this.link = link;
    this.state = state;
    messages = dialect.messages(link, state);
    encoding = dialect.encoding();
  }

  /**
   * Sets up a connection over a wire, which it owns from now on.
   *
   * @param deadline the end of what a wrapper has to agree upon with the peer
   * @throws TException if they do not agree; the wire is closed
   */
  static ThriftConnection over(Wire wire, Dialect dialect, String endpoint, Deadline deadline)
      throws TException, IOException {
    try {
      Fuse fuse = wire.newFuse();
      fuse.arm(deadline);
      TTransport link = new Link(wire, dialect.maxMessageSize());
      TransportWrapper wrapper = dialect.wrapper();
      if (wrapper != null) {
        link = wrapper.wrap(link);
        if (!link.isOpen()) {
          link.open();
        }
      }
      fuse.disarm();
      return new ThriftConnection(wire, fuse, link, new WireState(endpoint), dialect);
    } catch (Throwable failure) {
      wire.abort();
      throw failure;
    }
  }

  @Override
  public WireState state() {
    return state;
  }

  /** The same at each call. */
  @Override
  public <I> I client(Service<I> service) {
    Object known = clients.get(service);
    if (known == null) {
      known = service.newClient(protocol(service.prefix()));
      clients.put(service, known);
    }
    @SuppressWarnings("unchecked") // put in under its own service only
    I client = (I) known;
    return client;
  }

  @Override
  public TProtocol protocol(String prefix) {
    return encoding.over(messages, prefix);
  }

  // --- a call ---

  @Override
  public void begin(Deadline deadline) {
    if (!busy.compareAndSet(false, true)) {
      throw new IllegalStateException("two threads use the same Thrift connection at once");
    }
    fuse.arm(deadline);
  }

  @Override
  public void end() {
    fuse.disarm();
    busy.set(false);
  }

  // --- between calls ---

  /**
   * A look before a loan.
   *
   * @param restNanos how long it may have rested without a closer look
   * @param suspectSince when there was last reason to doubt all connections to this server
   */
  Health look(long restNanos, long suspectSince) {
    long now = System.nanoTime();
    boolean trusted = now - trustedAt < restNanos && trustedAt - suspectSince > 0;
    // A one-way call may be answered all the same, by a server that knows no better.
    if (trusted && !state.isOneWay()) {
      return wire.glance();
    }
    Health health = wire.probe(ByteBuffer.allocate(1));
    if (health == Health.CLEAN) {
      trustedAt = now;
    }
    return health;
  }

  /** The look at what comes back: only a connection with nothing left open may be lent again. */
  Health settle() {
    if (state.isHalfWritten()) {
      messages.abort();
    }
    if (!state.isAtRest() || messages.hasLeftovers() || fuse.isBlown()) {
      return state.isPeerGone() ? Health.STALE : Health.DIRTY;
    }
    messages.trim();
    trustedAt = System.nanoTime();
    return Health.CLEAN;
  }

  /** Closes it, with a reset if the peer is still working for somebody who is not waiting. */
  void close() throws IOException {
    if (state.isAtRest()) {
      link.close();
    } else {
      wire.abort();
    }
  }
}
