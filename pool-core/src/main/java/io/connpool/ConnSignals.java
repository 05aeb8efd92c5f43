package io.connpool;

/**
 * How a live connection speaks to the pool that owns it. Obtained from {@link
 * DialContext#signals()} and kept by connections that notice things by themselves, such as a
 * multiplexed socket whose reader sees the end of the stream.
 *
 * <p>Every method may be called from any thread at any time, returns at once and runs no code of
 * the user's. Signals are fenced: once the pool has let the connection go they do nothing, so a
 * late signal can never hit the connection's successor. A signal given before the dial has returned
 * counts as soon as it has.
 */
public interface ConnSignals {

  /**
   * The connection is dead. It is not lent again; an idle or shared one is closed at once, an
   * exclusive one that is out when its lease ends.
   *
   * @param cause what killed it
   */
  void dead(Throwable cause);

  /**
   * The connection should be replaced: it finishes what it has begun and is not lent again.
   *
   * @param why a few words for the log
   */
  void retire(String why);

  /** The answer of {@link Transport#capacity} has changed. */
  void capacityChanged();
}
