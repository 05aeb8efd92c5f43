package io.connpool.bench.tcp.peer;

import java.net.InetSocketAddress;
import java.util.List;

/** The peers by name, in the order in which they are measured and printed. */
public enum Peers {
  /** Ours. */
  CONNPOOL("connpool") {
    @Override
    public Peer open(InetSocketAddress server, int callers) {
      return new ConnPoolPeer(server, callers);
    }
  },
  /** No pool: a channel for each thread. */
  DEDICATED("dedicated") {
    @Override
    public Peer open(InetSocketAddress server, int callers) {
      return new DedicatedPeer(server);
    }
  },
  /** Apache's, with sockets in it. */
  COMMONS_POOL2("commons-pool2") {
    @Override
    public Peer open(InetSocketAddress server, int callers) {
      return new CommonsPool2Peer(server, callers);
    }
  },
  /** Netty's. */
  NETTY_FIXED("netty-fixed") {
    @Override
    public Peer open(InetSocketAddress server, int callers) {
      return new NettyPeer(server, callers);
    }
  };

  private final String label;

  Peers(String label) {
    this.label = label;
  }

  /**
   * Makes it ready. Connections are made when they are needed.
   *
   * @param server where to
   * @param callers how many threads will use it, and the most connections it may have
   * @return to be closed by the caller
   */
  public abstract Peer open(InetSocketAddress server, int callers);

  /**
   * Its name on the command line and in JSON.
   *
   * @return lower case
   */
  public String label() {
    return label;
  }

  /**
   * All names.
   *
   * @return in order
   */
  public static List<String> labels() {
    return List.of(values()).stream().map(Peers::label).toList();
  }

  /**
   * Finds a peer by its label.
   *
   * @param label as in {@link #label}
   * @return the peer
   * @throws IllegalArgumentException if there is none
   */
  public static Peers named(String label) {
    for (Peers peer : values()) {
      if (peer.label.equals(label)) {
        return peer;
      }
    }
    throw new IllegalArgumentException("no peer '%s'; there are %s".formatted(label, labels()));
  }
}
