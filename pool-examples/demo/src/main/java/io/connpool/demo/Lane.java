package io.connpool.demo;

import io.connpool.ConnectionStats;
import io.connpool.PoolClosedException;
import io.connpool.PoolConfig;
import io.connpool.PoolStats;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One server, the pool that leads to it, the threads that use it, and what became of that.
 *
 * @param <K> the kind of client
 */
final class Lane<K extends Client> implements AutoCloseable {
  private final String name;
  private final ServerProcess server;
  private final K client;
  private final Consumer<String> announcer;
  private final Tally tally = new Tally();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean over;
  private volatile Trouble trouble;

  /** The figures of one moment; exchanges and latencies are those since the moment before. */
  record Look(
      String name,
      ServerProcess.Condition server,
      long pid,
      PoolConfig config,
      PoolStats pool,
      List<ConnectionStats> connections,
      Tally.Answered answered,
      long answeredSoFar,
      long failed,
      long maybeRun,
      long wrong) {}

  /**
   * A lane without load.
   *
   * @param server belongs to the lane from now on, as does the client
   * @param announcer is told what happens, on any thread
   */
  Lane(String name, ServerProcess server, K client, Consumer<String> announcer) {
    this.name = name;
    this.server = server;
    this.client = client;
    this.announcer = announcer;
    trouble = Trouble.before(this);
  }

  /**
   * Starts threads that ask one question after the other until this lane is ended.
   *
   * @param pause between an answer and the next question
   */
  void load(int howMany, Duration pause) {
    announcer.accept(server + " listens on port " + server.port());
    for (int number = 1; number <= howMany; number++) {
      Thread thread = new Thread(() -> askOn(pause), "demo-load-" + name + "-" + number);
      threads.add(thread);
      thread.start();
    }
  }

  private void askOn(Duration pause) {
    while (!over) {
      try {
        ask();
        // A park would end at once if the thread that brought the answer unparks this one late.
        TimeUnit.NANOSECONDS.sleep(pause.toNanos());
      } catch (PoolClosedException | InterruptedException end) {
        return;
      }
    }
  }

  private void ask() throws InterruptedException {
    long began = System.nanoTime();
    try {
      client.ask();
      if (tally.succeeded(System.nanoTime() - began)) {
        announcer.accept(trouble.answersAgain());
      }
    } catch (PoolClosedException | InterruptedException end) {
      throw end;
    } catch (Exception failure) {
      if (!over) {
        tally.failed(failure);
      }
    }
  }

  // --- what is done to the server; one thread at a time ---

  /** As {@code kill -9} does it. */
  void kill() throws IOException, InterruptedException {
    if (server.condition() != ServerProcess.Condition.KILLED) {
      begin("was killed");
      server.kill();
    }
  }

  /** As a machine that freezes. */
  void stop() throws IOException, InterruptedException {
    if (server.condition() == ServerProcess.Condition.UP) {
      begin("is frozen: connections are still accepted, but nothing is answered");
      server.pause();
    }
  }

  /** As a program in a deadlock. */
  void hang() throws IOException {
    if (server.condition() == ServerProcess.Condition.UP) {
      begin("hangs: it reads every request and answers none");
      server.hang();
    }
  }

  private void begin(String what) {
    trouble = Trouble.before(this);
    announcer.accept(server + " " + what);
  }

  /** Whatever was done to it, it serves again; one that served is replaced. */
  void restart() throws IOException, InterruptedException {
    switch (server.condition()) {
      case STOPPED -> {
        server.resume();
        back("goes on");
      }
      case HUNG -> {
        server.goOn();
        back("answers again, late answers first");
      }
      case UP -> {
        kill();
        start();
      }
      case KILLED -> start();
    }
  }

  private void start() throws IOException, InterruptedException {
    server.start();
    back("is back on port " + server.port());
  }

  private void back(String how) {
    announcer.accept(server + " " + how);
    announcer.accept(trouble.meanwhile());
    tally.serverIsBack();
  }

  // --- what there is to see ---

  Look look() {
    return new Look(
        name,
        server.condition(),
        server.pid(),
        client.config(),
        client.stats(),
        client.connections(),
        tally.sinceLastLook(),
        tally.answeredSoFar(),
        tally.failed(),
        tally.maybeRun(),
        tally.wrong());
  }

  String name() {
    return name;
  }

  K client() {
    return client;
  }

  Tally tally() {
    return tally;
  }

  /** Lets the requests under way finish; then no more are asked, and the server is ended. */
  @Override
  public void close() {
    over = true;
    client.close(Client.ANSWER_LIMIT);
    try {
      for (Thread thread : threads) {
        thread.join(TimeUnit.SECONDS.toMillis(1));
      }
    } catch (InterruptedException endNow) {
      Thread.currentThread().interrupt();
    } finally {
      server.close();
    }
  }
}
