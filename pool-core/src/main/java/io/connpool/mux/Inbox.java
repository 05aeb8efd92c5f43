package io.connpool.mux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one session receives: reads the channel, has it cut into frames and puts fragments together
 * to messages. Of the loop's thread.
 */
final class Inbox implements FrameDecoder.Sink {
  /** Where the messages go. */
  interface Receiver {
    /**
     * A message is complete.
     *
     * @param before what came in earlier frames; nearly always null
     * @param body what came in the last one
     */
    void onMessage(int type, int code, long id, @Nullable Fragments before, byte[] body)
        throws ProtocolException;
  }

  /** The first fragments of a message. */
  private static final class Partial {
    final Fragments body = new Fragments();
    final int type;
    final int code;
    final long began;

    Partial(int type, int code, long began) {
      this.type = type;
      this.code = code;
      this.began = began;
    }
  }

  private final FrameChannel channel;
  private final Receiver receiver;
  private final int mostMessage;
  private final FrameDecoder decoder;
  private final Map<Long, Partial> requests = new HashMap<>();
  private final Map<Long, Partial> answers = new HashMap<>();

  private long now;
  private long lastRead;

  /** The frame that was incomplete at the end of the last read, and since when it has been. */
  private long incompleteFrame = -1;

  private long incompleteSince;

  // Written by the loop, read by statistics.
  private volatile long frames;
  private final Tally reads = new Tally();
  private long framesSoFar;

  Inbox(FrameChannel channel, int mostMessage, long now, Receiver receiver) {
    this.channel = channel;
    this.mostMessage = mostMessage;
    this.receiver = receiver;
    this.lastRead = now;
    this.decoder = new FrameDecoder(Wire.MOST_PAYLOAD, this);
  }

  long frames() {
    return frames;
  }

  long reads() {
    return reads.get();
  }

  /** When the peer gave the last sign of life. */
  long lastRead() {
    return lastRead;
  }

  /**
   * Reads and delivers what is there.
   *
   * @return -1 if the stream has ended, 0 if nothing more is there now, 1 if there may be more
   */
  int read(ByteBuffer buffer, int rounds, long atTime) throws IOException {
    now = atTime;
    for (int round = 0; round < rounds; round++) {
      buffer.clear();
      int count = channel.read(buffer);
      if (count < 0) {
        return -1;
      }
      if (count == 0) {
        return 0;
      }
      boolean more = !buffer.hasRemaining();
      lastRead = now;
      reads.add(1);
      decoder.decode(buffer.flip());
      frames = framesSoFar;
      noteIncompleteFrame();
      if (!more) {
        return 0;
      }
    }
    return 1;
  }

  private void noteIncompleteFrame() {
    if (!decoder.isInsideFrame()) {
      incompleteFrame = -1;
    } else if (incompleteFrame != framesSoFar) {
      incompleteFrame = framesSoFar;
      incompleteSince = now;
    }
  }

  @Override
  public void onFrame(int type, boolean more, int code, long id, byte[] payload)
      throws ProtocolException {
    framesSoFar++;
    Map<Long, Partial> partials = partialsOf(type);
    if (!more && (partials == null || partials.isEmpty())) {
      receiver.onMessage(type, code, id, null, payload); // nearly always
      return;
    }
    if (partials == null) {
      throw new ProtocolException("a frame of type " + type + " must not be a fragment");
    }
    Partial partial = partials.get(id);
    if (partial == null) {
      if (!more) {
        receiver.onMessage(type, code, id, null, payload);
        return;
      }
      partial = new Partial(type, code, now);
      partials.put(id, partial);
      if (partials.size() > Wire.MOST_PARTIAL) {
        throw new ProtocolException(
            "at most " + Wire.MOST_PARTIAL + " messages may be incomplete at once");
      }
    }
    append(partials, partial, type, more, id, payload);
  }

  private void append(
      Map<Long, Partial> partials, Partial partial, int type, boolean more, long id, byte[] payload)
      throws ProtocolException {
    if (partial.type != type) {
      throw new ProtocolException(
          "message %d goes on as type %d, was %d".formatted(id, type, partial.type));
    }
    if (partial.body.size() + payload.length > mostMessage) {
      throw new ProtocolException("a message is larger than " + mostMessage + " bytes");
    }
    if (more) {
      partial.body.add(payload);
    } else {
      partials.remove(id);
      receiver.onMessage(type, partial.code, id, partial.body, payload);
    }
  }

  private @Nullable Map<Long, Partial> partialsOf(int type) {
    return switch (type) {
      case Wire.REQUEST, Wire.ONE_WAY -> requests;
      case Wire.ANSWER, Wire.ERROR -> answers;
      default -> null;
    };
  }

  /** Forgets the fragments of a request that the peer has cancelled; false if there are none. */
  boolean forgetPartialRequest(long id) {
    return requests.remove(id) != null;
  }

  /** Whether a frame or a message has been incomplete for too long. */
  boolean isStuck(long atTime, long limitNanos) {
    if (incompleteFrame >= 0 && atTime - incompleteSince > limitNanos) {
      return true;
    }
    return anyOlder(requests, atTime, limitNanos) || anyOlder(answers, atTime, limitNanos);
  }

  private static boolean anyOlder(Map<Long, Partial> partials, long atTime, long limitNanos) {
    for (Partial partial : partials.values()) {
      if (atTime - partial.began > limitNanos) {
        return true;
      }
    }
    return false;
  }

  /** For a connection that has ended. */
  void discard() {
    requests.clear();
    answers.clear();
  }
}
