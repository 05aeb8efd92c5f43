package io.connpool.mux;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.Random;

/**
 * Takes a part of what it could, at every write and every read, and now and then nothing; it is
 * ready for more at once. Large amounts are mostly let pass, so that tests end.
 */
final class StutteringChannel implements FrameChannel {
  private static final int SMALL = 300;

  private final FrameChannel channel;
  private final Random reads;
  private final Random writes;
  private Runnable ready = () -> {};

  StutteringChannel(FrameChannel channel, int seed) {
    this.channel = channel;
    reads = new Random(seed);
    writes = new Random(~seed);
  }

  @Override
  public void onReady(Runnable told) {
    ready = told;
    channel.onReady(told);
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    int all = into.limit();
    into.limit(into.position() + part(reads, into.remaining()));
    int count = into.hasRemaining() ? channel.read(into) : 0;
    boolean more = count >= 0 && !into.hasRemaining();
    into.limit(all);
    if (more) {
      ready.run(); // what it returned left room, but that was not all
    }
    return count;
  }

  @Override
  public int write(ByteBuffer from) throws IOException {
    int all = from.limit();
    from.limit(from.position() + part(writes, from.remaining()));
    int count = channel.write(from);
    boolean more = !from.hasRemaining() && from.limit() < all;
    from.limit(all);
    if (more) {
      ready.run();
    }
    return count;
  }

  private static int part(Random random, int of) {
    return switch (random.nextInt(8)) {
      case 0 -> 0;
      case 1, 2, 3 -> random.nextInt(Math.min(of, SMALL) + 1);
      default -> random.nextInt(of + 1);
    };
  }

  @Override
  public SocketAddress localAddress() {
    return channel.localAddress();
  }

  @Override
  public SocketAddress remoteAddress() {
    return channel.remoteAddress();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
