package io.connpool.mux;

import io.connpool.mux.MuxException.Reason;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Learns from the selector, or from the channel itself, when that can be used again, and reads it
 * then, on the loop. Whatever the {@link Inbox} cannot take ends the session.
 */
final class Reader implements IoLoop.Selected {
  /**
   * 1 MiB, a millisecond's work: then answers are written before more is read. With 16 a call of 64
   * bytes beside messages of 16 MiB had a p99 of 14 ms, with 4 it has 8.
   */
  private static final int READ_ROUNDS = 4;

  private final FrameChannel channel;
  private final IoLoop loop;
  private final Inbox inbox;
  private final Requester requester;
  private final Departure departure;
  private final Writer writer;
  private final Ending ending;
  private final AtomicBoolean readyNoted = new AtomicBoolean();

  Reader(
      FrameChannel channel,
      IoLoop loop,
      Inbox inbox,
      Requester requester,
      Departure departure,
      Writer writer,
      Ending ending) {
    this.channel = channel;
    this.loop = loop;
    this.inbox = inbox;
    this.requester = requester;
    this.departure = departure;
    this.writer = writer;
    this.ending = ending;
  }

  void watch() throws IOException {
    channel.onReady(this::noteReady);
    if (channel instanceof SelectableFrameChannel socket) {
      writer.watchedBy(loop.register(socket.selectable(), SelectionKey.OP_READ, this));
    }
  }

  @Override
  public void onSelected(SelectionKey selected) {
    if (selected.isWritable()) {
      selected.interestOpsAnd(~SelectionKey.OP_WRITE);
      writer.unblock();
    }
    if (selected.isReadable()) {
      read();
    }
  }

  /** From a channel that no selector watches; on any thread. */
  private void noteReady() {
    if (readyNoted.compareAndSet(false, true)) {
      loop.execute(
          () -> {
            readyNoted.set(false);
            writer.unblock();
            read();
          });
    }
  }

  void read() {
    if (ending.isDead()) {
      return;
    }
    try {
      int result = inbox.read(loop.readBuffer, READ_ROUNDS, loop.now());
      if (result < 0) {
        ending.die(Reason.CLOSED, "the peer has closed the connection", null);
      } else if (result > 0) { // what TLS holds back no selector shows
        noteReady();
      }
    } catch (ProtocolException wrong) {
      breakOff(wrong);
    } catch (Throwable failure) {
      ending.die(Reason.CLOSED, "cannot read", failure);
    }
    requester.settleBatch();
  }

  private void breakOff(ProtocolException wrong) {
    departure.farewell(Wire.PROTOCOL_ERROR, String.valueOf(wrong.getMessage()));
    ending.die(Reason.PROTOCOL_ERROR, "protocol error: " + wrong.getMessage(), wrong);
  }
}
