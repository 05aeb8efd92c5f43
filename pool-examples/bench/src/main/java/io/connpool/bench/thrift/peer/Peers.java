package io.connpool.bench.thrift.peer;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.apache.thrift.transport.TTransportException;

/** The peers by name, in the order in which they are measured and printed. */
public enum Peers {
  /** Ours, as most will use it. */
  CONNPOOL_PROXY("connpool-proxy") {
    @Override
    public Peer open(int callers) throws TTransportException {
      return PooledPeer.byProxy(callers);
    }
  },
  /** Ours, without a proxy. */
  CONNPOOL_CALL("connpool-call") {
    @Override
    public Peer open(int callers) throws TTransportException {
      return PooledPeer.byLambda(callers);
    }
  },
  /** Ours, over one socket. */
  CONNPOOL_MUX("connpool-mux") {
    @Override
    public Peer open(int callers) throws IOException {
      return new MuxPeer();
    }
  },
  /** What no pool can beat: a connection for each caller. */
  DEDICATED("dedicated") {
    @Override
    public Peer open(int callers) throws TTransportException {
      return new DedicatedPeer();
    }
  },
  /** The pool that everybody writes. */
  COMMONS_POOL2("commons-pool2") {
    @Override
    public Peer open(int callers) throws TTransportException {
      return new CommonsPool2Peer(callers);
    }
  };

  private final String label;

  Peers(String label) {
    this.label = label;
  }

  /**
   * Starts the server, and what calls it.
   *
   * @param callers how many there will be; pools have as many connections
   * @return to be closed by the caller
   * @throws TTransportException if the server cannot be started
   * @throws IOException if the server cannot be started
   */
  public abstract Peer open(int callers) throws TTransportException, IOException;

  /**
   * The names on the command line and in JSON.
   *
   * @return of all
   */
  public static List<String> labels() {
    return Stream.of(values()).map(peer -> peer.label).toList();
  }

  /**
   * Finds a peer by its name.
   *
   * @param label one of {@link #labels}
   * @return the peer
   * @throws IllegalArgumentException if there is none
   */
  public static Peers named(String label) {
    return Stream.of(values())
        .filter(peer -> peer.label.equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no peer '%s'; there are %s".formatted(label, labels())));
  }
}
