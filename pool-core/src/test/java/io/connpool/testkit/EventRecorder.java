package io.connpool.testkit;

import io.connpool.PoolEvent;
import io.connpool.PoolListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A listener that keeps what it is told. */
public class EventRecorder implements PoolListener {
  private final List<PoolEvent> events = new CopyOnWriteArrayList<>();

  /** What was told so far, in order. */
  public List<PoolEvent> events() {
    return List.copyOf(events);
  }

  /** What was told so far of this type, in order. */
  public <E extends PoolEvent> List<E> events(Class<E> type) {
    return events.stream().filter(type::isInstance).map(type::cast).toList();
  }

  /** The first event of this type, as soon as there is one. */
  public <E extends PoolEvent> E await(Class<E> type) {
    PoolWorld.eventually(
        () -> type.getSimpleName() + " among " + events, () -> !events(type).isEmpty());
    return events(type).get(0);
  }

  /** Called with every event, on the thread of the listeners. */
  protected void heard(PoolEvent event) {
    events.add(event);
  }

  @Override
  public void dialed(PoolEvent.Dialed event) {
    heard(event);
  }

  @Override
  public void dialFailed(PoolEvent.DialFailed event) {
    heard(event);
  }

  @Override
  public void closed(PoolEvent.Closed event) {
    heard(event);
  }

  @Override
  public void waited(PoolEvent.Waited event) {
    heard(event);
  }

  @Override
  public void leakSuspected(PoolEvent.LeakSuspected event) {
    heard(event);
  }

  @Override
  public void leakReturned(PoolEvent.LeakReturned event) {
    heard(event);
  }

  @Override
  public void leaked(PoolEvent.Leaked event) {
    heard(event);
  }

  @Override
  public void down(PoolEvent.Down event) {
    heard(event);
  }

  @Override
  public void up(PoolEvent.Up event) {
    heard(event);
  }

  @Override
  public void eventsLost(PoolEvent.EventsLost event) {
    heard(event);
  }

  @Override
  public void poolClosed(PoolEvent.PoolClosed event) {
    heard(event);
  }
}
