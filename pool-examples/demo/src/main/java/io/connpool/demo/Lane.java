package io.connpool.demo;

import io.connpool.ConnPool;
import io.connpool.PoolBuilder;
import io.connpool.PoolClosedException;
import io.connpool.PoolStats;
import io.connpool.net.Dialer;
import io.connpool.net.Endpoint;
import io.connpool.net.Probe;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** One server, the pool that leads to it, the threads that use it, and what became of that. */
final class Lane {

  /** Within one machine an answer takes microseconds; after a second there will be none. */
  static final Duration ANSWER_LIMIT = Duration.ofSeconds(1);

  private final String name;
  private final ServerProcess server;
  private final Echo echo;
  private final ConnPool<SocketChannel> pool;
  private final Tally tally = new Tally();
  private final List<Thread> threads = new ArrayList<>();

  /** The figures of one moment; exchanges and latency are those since the moment before. */
  record Look(
      String name, boolean serverIsUp, PoolStats pool, Tally.Answered answered, long failed) {}

  Lane(String name, ServerProcess server, Echo echo) {
    this(name, server, echo, builder -> builder);
  }

  /** A lane whose pool has other settings than the defaults. */
  Lane(
      String name,
      ServerProcess server,
      Echo echo,
      UnaryOperator<PoolBuilder<SocketChannel>> settings) {
    this.name = name;
    this.server = server;
    this.echo = echo;
    Dialer dialer = Dialer.to(Endpoint.of("127.0.0.1", server.port()));
    PoolBuilder<SocketChannel> builder =
        ConnPool.builder(dialer::connect).heartbeat(echo::ask).probe(Probe::check).name(name);
    pool = settings.apply(builder).build();
  }

  /** Starts threads that ask one question after the other until this lane is ended. */
  void load(int howMany, Consumer<String> announcer) {
    announcer.accept(server + " listens on port " + server.port());
    for (int number = 1; number <= howMany; number++) {
      Thread thread = new Thread(() -> askOn(announcer), "demo-load-" + name + "-" + number);
      threads.add(thread);
      thread.start();
    }
  }

  private void askOn(Consumer<String> announcer) {
    while (true) {
      long began = System.nanoTime();
      try {
        pool.run(channel -> echo.ask(channel, ANSWER_LIMIT));
        if (tally.succeeded(System.nanoTime() - began)) {
          announcer.accept("pool " + name + " answers again");
        }
      } catch (PoolClosedException | InterruptedException end) {
        return;
      } catch (IOException | RuntimeException failure) {
        tally.failed(failure);
      }
    }
  }

  void killServer(Consumer<String> announcer) throws IOException, InterruptedException {
    announcer.accept("killing " + server);
    server.kill();
  }

  void restartServer(Consumer<String> announcer) throws IOException, InterruptedException {
    server.start();
    announcer.accept(server + " is back on port " + server.port());
    tally.serverIsBack();
  }

  Look look() {
    return new Look(name, server.isAlive(), pool.stats(), tally.sinceLastLook(), tally.failed());
  }

  String name() {
    return name;
  }

  ConnPool<SocketChannel> pool() {
    return pool;
  }

  Tally tally() {
    return tally;
  }

  /** Lets the requests under way finish; then no more are asked. */
  void end() throws InterruptedException {
    pool.close(ANSWER_LIMIT);
    for (Thread thread : threads) {
      thread.join(ANSWER_LIMIT.toMillis());
    }
  }
}
