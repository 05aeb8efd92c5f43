package io.connpool.bench.tcp;

import io.connpool.bench.harness.ClosedLoop.Operation;
import io.connpool.bench.tcp.peer.Peer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * What a caller does: no two requests are the same, and every answer is compared with its request.
 * Between bursts it pauses, for up to twice the time after which the server closes, so that as many
 * connections are closed as not, and some at the very moment.
 */
final class Exchanges implements Operation {
  private final Peer.Caller caller;
  private final TcpLoad load;
  private final ByteBuffer request;
  private final Random pauses;
  private long number;

  Exchanges(Peer.Caller caller, TcpLoad load, int callerNumber) {
    this.caller = caller;
    this.load = load;
    request = ByteBuffer.allocate(load.payload());
    pauses = new Random(callerNumber);
    number = (long) callerNumber << 40; // no caller makes a trillion
  }

  @Override
  public long once() throws IOException, InterruptedException {
    long paused = ++number % Math.max(1, load.burst()) == 0 && load.burst() > 0 ? pause() : 0;
    ByteBuffer answer = caller.exchange(request.putLong(0, number));
    if (!answer.equals(request)) {
      throw new IllegalStateException("request %d got the answer %s".formatted(number, answer));
    }
    return paused;
  }

  private long pause() throws InterruptedException {
    long began = System.nanoTime();
    TimeUnit.MICROSECONDS.sleep(pauses.nextInt(2_000 * load.closeIdleMillis()));
    return System.nanoTime() - began;
  }
}
