package io.connpool.mux;

import java.time.Duration;
import java.util.Objects;

/**
 * The limits and habits of a {@link MuxConnection} or of all connections of a {@link MuxServer}.
 * Immutable. Defaults:
 *
 * <pre>
 * timeout 5 s                  maxInFlight 10,240          pingAfter 15 s
 * handshakeTimeout 3 s         maxPendingBytes 4 MiB       pingTimeout 5 s
 * whenFull WAIT                maxHandling 10,240          writeStallTimeout 10 s
 * inlineHandlers false         maxMessage 16 MiB           frameTimeout 30 s
 * inlineCallbacks false        name mux
 * </pre>
 *
 * @param name begins the names of threads
 * @param timeout how long a call may take that says nothing else, the wait for a place included
 * @param handshakeTimeout how long the peer may take to say HELLO
 * @param maxInFlight how many requests may be unanswered at once
 * @param maxPendingBytes how many bytes may be queued; a larger message is queued alone
 * @param whenFull what a call does that meets one of these two limits
 * @param maxHandling how many requests of peers may be handled at once, by all connections of a
 *     server together; more are refused
 * @param maxMessage how large a message of the peer may be
 * @param pingAfter how long nothing may come from the peer until it is asked for a sign of life
 * @param pingTimeout how long nothing may come after that
 * @param writeStallTimeout how long the channel may take no byte while there is something to send
 * @param frameTimeout how long the peer may take from the first byte of a frame, or the first frame
 *     of a message, to the last
 * @param inlineHandlers whether handlers run on the I/O thread
 * @param inlineCallbacks whether the futures of {@code callAsync} are completed on the I/O thread
 */
public record MuxOptions(
    String name,
    Duration timeout,
    Duration handshakeTimeout,
    int maxInFlight,
    long maxPendingBytes,
    WhenFull whenFull,
    int maxHandling,
    int maxMessage,
    Duration pingAfter,
    Duration pingTimeout,
    Duration writeStallTimeout,
    Duration frameTimeout,
    boolean inlineHandlers,
    boolean inlineCallbacks) {

  /** What a call does when there is no place for it. */
  public enum WhenFull {
    /** It waits, as long as its own timeout allows. */
    WAIT,
    /** It fails at once. */
    FAIL
  }

  /** Beyond this the table of requests in flight would take more memory than the requests. */
  private static final int MOST_CALLS = 1 << 20;

  /**
   * Checks the values.
   *
   * @param name as {@link #name()}
   * @param timeout as {@link #timeout()}
   * @param handshakeTimeout as {@link #handshakeTimeout()}
   * @param maxInFlight as {@link #maxInFlight()}
   * @param maxPendingBytes as {@link #maxPendingBytes()}
   * @param whenFull as {@link #whenFull()}
   * @param maxHandling as {@link #maxHandling()}
   * @param maxMessage as {@link #maxMessage()}
   * @param pingAfter as {@link #pingAfter()}
   * @param pingTimeout as {@link #pingTimeout()}
   * @param writeStallTimeout as {@link #writeStallTimeout()}
   * @param frameTimeout as {@link #frameTimeout()}
   * @param inlineHandlers as {@link #inlineHandlers()}
   * @param inlineCallbacks as {@link #inlineCallbacks()}
   * @throws IllegalArgumentException if a limit is not positive or too high
   */
  public MuxOptions {
    if (name.isBlank()) {
      throw new IllegalArgumentException("name must not be blank");
    }
    positive("timeout", timeout);
    positive("handshakeTimeout", handshakeTimeout);
    inRange("maxInFlight", maxInFlight, 1, MOST_CALLS);
    inRange("maxPendingBytes", maxPendingBytes, 1, Long.MAX_VALUE / 2);
    Objects.requireNonNull(whenFull, "whenFull");
    inRange("maxHandling", maxHandling, 1, MOST_CALLS);
    inRange("maxMessage", maxMessage, Wire.LEAST_PAYLOAD, 1 << 30);
    positive("pingAfter", pingAfter);
    positive("pingTimeout", pingTimeout);
    positive("writeStallTimeout", writeStallTimeout);
    positive("frameTimeout", frameTimeout);
  }

  /**
   * The defaults.
   *
   * @return the options
   */
  public static MuxOptions defaults() {
    return builder().build();
  }

  /**
   * Begins with the defaults.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  private static void positive(String name, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(name + " must be positive, was " + value);
    }
  }

  private static void inRange(String name, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " must be " + least + " to " + most + ", was " + value);
    }
  }

  /** Collects options. Each setter is named as the component it sets; not thread safe. */
  public static final class Builder {
    private String name = "mux";
    private Duration timeout = Duration.ofSeconds(5);
    private Duration handshakeTimeout = Duration.ofSeconds(3);
    private int maxInFlight = 10_240; // what every example of the ancestor has
    private long maxPendingBytes = 4 << 20;
    private WhenFull whenFull = WhenFull.WAIT;
    private int maxHandling = 10_240;
    private int maxMessage = 16 << 20;
    private Duration pingAfter = Duration.ofSeconds(15);
    private Duration pingTimeout = Duration.ofSeconds(5);
    private Duration writeStallTimeout = Duration.ofSeconds(10);
    private Duration frameTimeout = Duration.ofSeconds(30);
    private boolean inlineHandlers;
    private boolean inlineCallbacks;

    private Builder() {}

    /**
     * Sets {@link MuxOptions#name}.
     *
     * @param value checked by {@link #build}
     * @return this
     */
    public Builder name(String value) {
      name = value;
      return this;
    }

    /**
     * Sets {@link MuxOptions#timeout}.
     *
     * @param value checked by {@link #build}
     * @return this
     */
    public Builder timeout(Duration value) {
      timeout = value;
      return this;
    }

    /**
     * Sets {@link MuxOptions#handshakeTimeout}.
     *
     * @param value checked by {@link #build}
     * @return this
     */
    public Builder handshakeTimeout(Duration value) {
      handshakeTimeout = value;
      return this;
    }

    /**
     * Sets {@link MuxOptions#maxInFlight}.
     *
     * @param value checked by {@link #build}
     * @return this
     */
    public Builder maxInFlight(int value) {
      maxInFlight = value;
      return this;
    }

    /**
     * Sets {@link MuxOptions#maxPendingBytes}.
     *
     * @param value checked by {@link #build}
     * @return this
     */
    public Builder maxPendingBytes(long value) {
      maxPendingBytes = value;
      return this;
    }

    /**
     * Sets {@link MuxOptions#whenFull}.
     *
     * @param value checked by {@link #build}
     * @return this
     */
    public Builder whenFull(WhenFull value) {
      whenFull = value;
      return this;
    }

    /**
     * Sets {@link MuxOptions#maxHandling}.
     *
     * @param value checked by {@link #build}
     * @return this
     */
    public Builder maxHandling(int value) {
      maxHandling = value;
      return this;
    }

    /**
     * Sets {@link MuxOptions#maxMessage}.
     *
     * @param value checked by {@link #build}
     * @return this
     */
    public Builder maxMessage(int value) {
      maxMessage = value;
      return this;
    }

    /**
     * Sets {@link MuxOptions#pingAfter}.
     *
     * @param value checked by {@link #build}
     * @return this
     */
    public Builder pingAfter(Duration value) {
      pingAfter = value;
      return this;
    }

    /**
     * Sets {@link MuxOptions#pingTimeout}.
     *
     * @param value checked by {@link #build}
     * @return this
     */
    public Builder pingTimeout(Duration value) {
      pingTimeout = value;
      return this;
    }

    /**
     * Sets {@link MuxOptions#writeStallTimeout}.
     *
     * @param value checked by {@link #build}
     * @return this
     */
    public Builder writeStallTimeout(Duration value) {
      writeStallTimeout = value;
      return this;
    }

    /**
     * Sets {@link MuxOptions#frameTimeout}.
     *
     * @param value checked by {@link #build}
     * @return this
     */
    public Builder frameTimeout(Duration value) {
      frameTimeout = value;
      return this;
    }

    /**
     * Sets {@link MuxOptions#inlineHandlers}.
     *
     * @param value checked by {@link #build}
     * @return this
     */
    public Builder inlineHandlers(boolean value) {
      inlineHandlers = value;
      return this;
    }

    /**
     * Sets {@link MuxOptions#inlineCallbacks}.
     *
     * @param value checked by {@link #build}
     * @return this
     */
    public Builder inlineCallbacks(boolean value) {
      inlineCallbacks = value;
      return this;
    }

    /**
     * Checks and freezes.
     *
     * @return the options
     * @throws IllegalArgumentException if a limit is not positive or too high
     */
    public MuxOptions build() {
      return new MuxOptions(
          name,
          timeout,
          handshakeTimeout,
          maxInFlight,
          maxPendingBytes,
          whenFull,
          maxHandling,
          maxMessage,
          pingAfter,
          pingTimeout,
          writeStallTimeout,
          frameTimeout,
          inlineHandlers,
          inlineCallbacks);
    }
  }
}
