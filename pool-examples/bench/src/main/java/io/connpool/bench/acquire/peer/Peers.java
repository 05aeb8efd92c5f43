package io.connpool.bench.acquire.peer;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Optional;

/** The peers by name, in the order in which they are measured and printed. */
public enum Peers {
  /** Ours. */
  CONNPOOL("connpool") {
    @Override
    public Peer<?> open(int size, boolean virtual, Conns conns) {
      return new ConnPoolPeer(size, conns);
    }
  },
  /** Ours with all that can be observed of it; says what that costs. Not in a comparison. */
  CONNPOOL_OBSERVED("connpool-observed") {
    @Override
    public Peer<?> open(int size, boolean virtual, Conns conns) {
      return ConnPoolPeer.observed(size, conns);
    }
  },
  /** Apache's. */
  COMMONS_POOL2("commons-pool2") {
    @Override
    public Peer<?> open(int size, boolean virtual, Conns conns) {
      return new CommonsPool2Peer(size, conns);
    }
  },
  /** Not a pool, but the fastest container of one. */
  HIKARICP_BAG("hikaricp-bag") {
    @Override
    public Peer<?> open(int size, boolean virtual, Conns conns) {
      return new HikariBagPeer(size, conns);
    }
  },
  /** As its builder makes it. */
  STORMPOT_DEFAULT("stormpot-default") {
    @Override
    public Peer<?> open(int size, boolean virtual, Conns conns) {
      return stormpot("byDefault", size, virtual, conns);
    }
  },
  /** As its author benchmarks it, padded. */
  STORMPOT_BEST("stormpot-best") {
    @Override
    public Peer<?> open(int size, boolean virtual, Conns conns) {
      return stormpot("atItsBest", size, virtual, conns);
    }
  },
  /** Vibur's. */
  VIBUR("vibur") {
    @Override
    public Peer<?> open(int size, boolean virtual, Conns conns) {
      return new ViburPeer(size, conns);
    }
  },
  /** No pool at all. */
  ARRAY_BLOCKING_QUEUE("array-blocking-queue") {
    @Override
    public Peer<?> open(int size, boolean virtual, Conns conns) {
      return new BlockingQueuePeer(size, conns);
    }
  };

  private static final String STORMPOT = "io.connpool.bench.acquire.peer.StormpotPeer";

  private final String label;

  Peers(String label) {
    this.label = label;
  }

  /**
   * Fills a pool of this kind.
   *
   * @param size how many objects it has
   * @param virtual whether virtual threads will use it
   * @param conns counts its objects
   * @return a pool that the caller must close
   */
  public abstract Peer<?> open(int size, boolean virtual, Conns conns);

  /**
   * Its name on the command line and in JSON.
   *
   * @return lower case
   */
  public String label() {
    return label;
  }

  /**
   * Why it cannot be measured here.
   *
   * @return empty if it can
   */
  public Optional<String> whyMissing() {
    if (this != STORMPOT_DEFAULT && this != STORMPOT_BEST) {
      return Optional.empty();
    }
    int java = Runtime.version().feature();
    if (java < 21) {
      return Optional.of("Stormpot 4 needs Java 21 and this is Java " + java);
    }
    try {
      Class.forName(STORMPOT);
      return Optional.empty();
    } catch (ClassNotFoundException builtWithout) {
      return Optional.of("Stormpot 4 needs a bench.jar that was built on JDK 21 or later");
    }
  }

  /**
   * Those that can be measured here.
   *
   * @return in order
   */
  public static List<Peers> present() {
    return List.of(values()).stream().filter(peer -> peer.whyMissing().isEmpty()).toList();
  }

  /**
   * Those that are compared unless others are named.
   *
   * @return in order
   */
  public static List<Peers> compared() {
    return present().stream().filter(peer -> peer != CONNPOOL_OBSERVED).toList();
  }

  /**
   * Finds a peer by its label.
   *
   * @param label as in {@link #label}
   * @return the peer
   * @throws IllegalArgumentException if there is none, or it cannot be measured here
   */
  public static Peers named(String label) {
    for (Peers peer : values()) {
      if (peer.label.equals(label)) {
        peer.whyMissing()
            .ifPresent(
                why -> {
                  throw new IllegalArgumentException("no peer '" + label + "' here: " + why);
                });
        return peer;
      }
    }
    throw new IllegalArgumentException(
        "no peer '%s'; there are %s"
            .formatted(label, List.of(values()).stream().map(Peers::label).toList()));
  }

  /** Reached by reflection, since a jar built on 17 has no such class. */
  private static Peer<?> stormpot(String factory, int size, boolean virtual, Conns conns) {
    try {
      Method open =
          Class.forName(STORMPOT).getDeclaredMethod(factory, int.class, boolean.class, Conns.class);
      return (Peer<?>) open.invoke(null, size, virtual, conns);
    } catch (InvocationTargetException failed) {
      throw new IllegalStateException("Stormpot could not be opened", failed.getCause());
    } catch (ReflectiveOperationException absent) {
      throw new IllegalStateException("Stormpot is not in this jar", absent);
    }
  }
}
