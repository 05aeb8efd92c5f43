package io.connpool.demo;

import io.connpool.PoolStats;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/** For logs and pipes: one line a second, and one for each event. */
final class PlainLines implements Screen {
  private final PrintStream out;
  private Duration lastShown = Duration.ZERO;

  PlainLines(PrintStream out) {
    this.out = out;
  }

  @Override
  public Duration pace() {
    return Duration.ofSeconds(1);
  }

  @Override
  public synchronized void show(Duration elapsed, List<Lane.Look> lanes) {
    Duration interval = elapsed.minus(lastShown);
    lastShown = elapsed;
    String line =
        lanes.stream().map(lane -> text(lane, interval)).collect(Collectors.joining(" | "));
    out.println(Text.seconds(elapsed) + "  " + line);
  }

  private static String text(Lane.Look lane, Duration interval) {
    PoolStats pool = lane.pool();
    return Text.format(
        "%s %s %d total, %d idle, %d leased, %d pending, %d dialing, %s/s, %s failed, p99 %s",
        lane.name(),
        lane.server() == ServerProcess.Condition.UP ? "up" : lane.server(),
        pool.total(),
        pool.idle(),
        pool.leased(),
        pool.pending(),
        pool.dialing(),
        Text.perSecond(lane.answered().count(), interval),
        Text.count(lane.failed()),
        Text.latency(lane.answered(), lane.answered().p99Millis()));
  }

  @Override
  public synchronized void announce(Duration elapsed, String event) {
    out.println(Text.seconds(elapsed) + "  " + event);
  }

  @Override
  public void close() {}
}
