package io.connpool.net;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The fuses of one wire, and whether one of them has blown. */
final class Cut {
  private static final Logger LOG = System.getLogger("io.connpool");

  /** How the wire is closed. Runs on the sweeper's thread, so it must not wait. */
  @FunctionalInterface
  interface Closing {
    void close() throws IOException;
  }

  private final Closing closing;
  private final List<Fuse> fuses = new CopyOnWriteArrayList<>();
  private volatile boolean done;
  private volatile boolean forgotten;

  Cut(Closing closing) {
    this.closing = closing;
  }

  Fuse newFuse() {
    Fuse fuse = new Fuse(Sweeper.SHARED, this::blow);
    fuses.add(fuse);
    Sweeper.SHARED.add(fuse);
    if (forgotten) { // the close may have come before the fuse
      Sweeper.SHARED.remove(fuse);
    }
    return fuse;
  }

  private void blow() {
    done = true; // before the close, whose victims ask why
    try {
      closing.close();
    } catch (IOException unclosable) {
      LOG.log(Level.WARNING, "a connection that was cut at its deadline did not close", unclosable);
    }
  }

  /** Whether a fuse has blown. */
  boolean isDone() {
    return done;
  }

  /** The wire is closed: its fuses have nothing to do any more. */
  void forget() {
    forgotten = true;
    fuses.forEach(Sweeper.SHARED::remove);
  }

  /** The JDK only knows that somebody closed the socket. */
  IOException explained(IOException failure, SocketAddress peer) {
    if (!done) {
      return failure;
    }
    SocketTimeoutException timeout =
        new SocketTimeoutException(peer + ": not done by the deadline, the connection was cut");
    timeout.initCause(failure);
    return timeout;
  }
}
