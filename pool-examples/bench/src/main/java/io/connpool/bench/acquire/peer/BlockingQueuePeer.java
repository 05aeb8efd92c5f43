package io.connpool.bench.acquire.peer;

import java.util.concurrent.ArrayBlockingQueue;

/** What one writes oneself: a bounded queue of objects, not fair, waits without a limit. */
final class BlockingQueuePeer implements Peer<Conn> {
  private final ArrayBlockingQueue<Conn> queue;

  BlockingQueuePeer(int size, Conns conns) {
    queue = new ArrayBlockingQueue<>(size);
    for (int i = 0; i < size; i++) {
      queue.add(conns.add(new Conn()));
    }
  }

  @Override
  public Conn acquire() throws InterruptedException {
    return queue.take();
  }

  @Override
  public Conn conn(Conn held) {
    return held;
  }

  @Override
  public void release(Conn held) {
    // Never full: there are as many places as objects.
    queue.add(held);
  }

  @Override
  public String settings() {
    return "bare ArrayBlockingQueue, not fair";
  }

  @Override
  public void close() {}
}
