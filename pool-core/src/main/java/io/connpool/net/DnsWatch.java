package io.connpool.net;

import io.connpool.ConnSignals;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * Asks a name's addresses again now and then, and retires the connections to those that have
 * vanished: they finish what they have begun and are not lent again. Without it a pool goes on
 * using the machines of yesterday until its connections have reached their maximum lifetime.
 *
 * <p>An answer that fails, or is empty, changes nothing: DNS being down is no reason to lose good
 * connections.
 *
 * <p>It has no thread and no timer. Its owner calls {@link #lookIfDue()} whenever it is about to do
 * something anyway; when the interval is over that call starts a thread, {@code connpool-dns},
 * which asks once and ends. Any thread may call any method.
 */
public final class DnsWatch {
  private static final Logger LOG = System.getLogger("io.connpool");

  private final Endpoint endpoint;
  private final Resolver resolver;
  private final long intervalNanos;
  private final AtomicLong lastLook = new AtomicLong(System.nanoTime());
  private final AtomicBoolean looking = new AtomicBoolean();
  private final Set<Watched> watched = ConcurrentHashMap.newKeySet();

  /** One connection under watch. */
  public static final class Watched {
    private final DnsWatch watch;
    private final InetAddress address;
    private final ConnSignals signals;

    private Watched(DnsWatch watch, InetAddress address, ConnSignals signals) {
      this.watch = watch;
      this.address = address;
      this.signals = signals;
    }

    /**
     * The connection was made anew and leads elsewhere.
     *
     * @param remote where to
     * @return to be used from now on instead of this
     */
    public Watched movedTo(InetSocketAddress remote) {
      forget();
      return watch.watch(remote, signals);
    }

    /** The connection is closed. */
    public void forget() {
      watch.watched.remove(this);
    }
  }

  /**
   * A watch over one name.
   *
   * @param endpoint whose host is asked for
   * @param resolver asked on a thread of its own; it may take its time
   * @param interval how often at most; more than zero
   * @throws IllegalArgumentException if the interval is zero or less
   */
  public DnsWatch(Endpoint endpoint, Resolver resolver, Duration interval) {
    if (interval.isNegative() || interval.isZero()) {
      throw new IllegalArgumentException("interval must be more than zero, was " + interval);
    }
    this.endpoint = endpoint;
    this.resolver = resolver;
    intervalNanos = interval.toNanos();
  }

  /**
   * Watches a connection.
   *
   * @param remote where it leads
   * @param signals told when the address has vanished
   * @return to be told when the connection is closed
   */
  public Watched watch(InetSocketAddress remote, ConnSignals signals) {
    Watched connection = new Watched(this, remote.getAddress(), signals);
    watched.add(connection);
    return connection;
  }

  /** Begins to ask if it is time and there is something to watch. Returns at once. */
  public void lookIfDue() {
    long last = lastLook.get();
    long now = System.nanoTime();
    if (now - last < intervalNanos
        || watched.isEmpty()
        || !lastLook.compareAndSet(last, now)
        || !looking.compareAndSet(false, true)) { // a resolver that hangs costs one thread
      return;
    }
    Thread looker = new Thread(this::look, "connpool-dns");
    looker.setDaemon(true);
    looker.start();
  }

  private void look() {
    try {
      Set<InetAddress> present =
          resolver.resolve(endpoint).stream()
              .map(InetSocketAddress::getAddress)
              .collect(Collectors.toSet());
      if (!present.isEmpty()) {
        retireOthers(present);
      }
    } catch (UnknownHostException | RuntimeException noAnswer) {
      LOG.log(Level.DEBUG, () -> endpoint + " has no addresses now, connections stay", noAnswer);
    } finally {
      looking.set(false);
    }
  }

  private void retireOthers(Set<InetAddress> present) {
    for (Watched connection : watched) {
      if (!present.contains(connection.address)) {
        connection.forget();
        connection.signals.retire(
            endpoint.host() + " is no longer at " + connection.address.getHostAddress());
      }
    }
  }
}
