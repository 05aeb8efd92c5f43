package io.connpool.thrift;

import io.connpool.net.Deadline;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Makes every call over the same connection, as long as its supplier gives it; each has the time
 * for itself, and nothing is made again.
 */
final class OneConnection implements Service.Invoker {
  private final Supplier<? extends Conversation> conversation;
  private final Service<?> service;
  private final Duration timeout;

  OneConnection(
      Supplier<? extends Conversation> conversation, Service<?> service, Duration timeout) {
    this.conversation = conversation;
    this.service = service;
    this.timeout = timeout;
  }

  Conversation conversation() {
    return conversation.get();
  }

  @Override
  public Object invoke(Method method, Object[] arguments) throws Exception {
    Conversation mine = conversation();
    mine.begin(Deadline.after(timeout));
    try {
      return service.invoke(method, mine.client(service), arguments);
    } catch (Exception failure) {
      throw mine.state().explained(failure);
    } finally {
      mine.end();
    }
  }
}
