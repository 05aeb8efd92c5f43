package io.connpool.bench.mux.peer;

import java.util.List;
import java.util.stream.Stream;

/** The peers by name, in the order in which they are measured and printed. */
public enum Peers {
  /** Ours, as its builder makes it. */
  CONNPOOL("connpool", "default options: handlers and callbacks on worker threads") {
    @Override
    public Server serve() throws Exception {
      return ConnPoolPeer.serve(false);
    }

    @Override
    public Client connect(int port) throws Exception {
      return ConnPoolPeer.connect(port, false);
    }
  },
  /** Ours, with handlers and callbacks on the I/O threads, as all the others have them. */
  CONNPOOL_INLINE("connpool-inline", "handlers and callbacks on the I/O threads") {
    @Override
    public Server serve() throws Exception {
      return ConnPoolPeer.serve(true);
    }

    @Override
    public Client connect(int port) throws Exception {
      return ConnPoolPeer.connect(port, true);
    }
  },
  /** Reactive. */
  RSOCKET("rsocket", "RSocket-java 1.1, epoll, payloads without a copy, on the event loops") {
    @Override
    public Server serve() {
      return RSocketPeer.serve();
    }

    @Override
    public Client connect(int port) {
      return RSocketPeer.connect(port);
    }
  },
  /** Ant Group's. */
  SOFA_BOLT("sofa-bolt", "SOFABolt 1.6, epoll, bytes as they are, on the event loops") {
    @Override
    public Server serve() throws Exception {
      return SofaBoltPeer.serve();
    }

    @Override
    public Client connect(int port) throws Exception {
      return SofaBoltPeer.connect(port);
    }
  },
  /** HTTP/2. */
  GRPC("grpc", "gRPC-java 1.85, epoll, bytes as they are, direct executor, windows of 16 MiB") {
    @Override
    public Server serve() throws Exception {
      return GrpcPeer.serve();
    }

    @Override
    public Client connect(int port) {
      return GrpcPeer.connect(port);
    }
  };

  static final String HOST = "127.0.0.1";

  private final String label;
  private final String settings;

  Peers(String label, String settings) {
    this.label = label;
    this.settings = settings;
  }

  /**
   * Starts a server.
   *
   * @return to be closed by the caller
   * @throws Exception if it cannot be started
   */
  public abstract Server serve() throws Exception;

  /**
   * Connects to a server.
   *
   * @param port where it listens
   * @return one connection, to be closed by the caller
   * @throws Exception if it cannot be reached
   */
  public abstract Client connect(int port) throws Exception;

  /**
   * How it is set up.
   *
   * @return for the head of a report
   */
  public String settings() {
    return settings;
  }

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
