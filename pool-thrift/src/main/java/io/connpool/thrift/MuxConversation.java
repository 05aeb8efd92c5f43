package io.connpool.thrift;

import io.connpool.mux.MuxConnection;
import io.connpool.net.Deadline;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.thrift.protocol.TProtocol;
import org.apache.thrift.transport.TTransportException;
import org.jspecify.annotations.Nullable;

/**
 * One use of a shared connection. What it leaves behind when it fails is the mux's to clean up: the
 * answer to a call that nobody waits for any more reaches nobody, and other uses of the same
 * connection do not notice.
 */
final class MuxConversation implements Conversation {
  private final WireState state;
  private final MuxMessages messages;
  private final Encoding encoding;

  // Nearly every use is of one service.
  private @Nullable Service<?> lastService;
  private @Nullable Object lastClient;

  MuxConversation(
      MuxConnection connection, String endpoint, Encoding encoding, int maxMessageSize) {
    // The mux brings each answer to its call. Ids that begin anywhere show that the server has put
    // the right answer into it: with the same ids for all, any answer to this method would pass.
    state = new WireState(endpoint, ThreadLocalRandom.current().nextInt());
    this.encoding = encoding;
    try {
      messages = new MuxMessages(connection, state, maxMessageSize);
    } catch (TTransportException impossible) { // declared for transports that are wrapped
      throw new AssertionError(impossible);
    }
  }

  @Override
  public WireState state() {
    return state;
  }

  @Override
  public <I> I client(Service<I> service) {
    Object known = lastClient;
    if (known == null || lastService != service) {
      known = service.newClient(protocol(service.prefix()));
      lastClient = known;
      lastService = service;
    }
    @SuppressWarnings("unchecked") // made by this very service
    I client = (I) known;
    return client;
  }

  @Override
  public TProtocol protocol(String prefix) {
    return encoding.over(messages, prefix);
  }

  @Override
  public void begin(Deadline deadline) {
    messages.limit(deadline);
  }

  @Override
  public void end() {}
}
