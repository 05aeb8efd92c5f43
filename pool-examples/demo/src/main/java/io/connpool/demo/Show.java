package io.connpool.demo;

import io.connpool.mux.MuxServer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.thrift.transport.TServerSocket;
import org.slf4j.Logger;

/** Three lanes under load: three servers, a pool for each, and a screen to watch them on. */
final class Show {
  static final String TCP = "tcp";
  static final String THRIFT = "thrift";
  static final String MUX = "mux";

  private final Stage stage;
  private final Load load;
  private final Screen screen;
  private final Echo echo = new Echo();
  private final List<Lane<?>> lanes = new ArrayList<>();
  private volatile long began;

  /**
   * How the servers are kept busy.
   *
   * @param threads so many ask each server
   * @param pause between an answer and the next question, by which the load is paced
   * @param workMillis so long each answer takes the server
   * @param lieEvery as for {@link EchoServer}
   */
  record Load(int threads, Duration pause, long workMillis, long lieEvery) {}

  Show(Stage stage, Load load, Screen screen) {
    this.stage = stage;
    this.load = load;
    this.screen = screen;
  }

  /**
   * Plays until its time is over, or the stage ends it.
   *
   * @param length of the show
   * @param scripted whether the script is played; otherwise the servers are left to others
   * @throws IOException if a server did not start
   */
  Summary play(Duration length, boolean scripted) throws IOException, InterruptedException {
    began = System.nanoTime();
    try {
      ServerProcess tcp = ServerProcess.echo(TCP, load.workMillis(), load.lieEvery());
      enter(TCP, tcp, new TcpClient(TCP, tcp.port(), echo));
      ServerProcess thrift =
          server(THRIFT, ThriftEchoServer.class, TServerSocket.class, Logger.class);
      enter(THRIFT, thrift, new ThriftClient(THRIFT, thrift.port(), echo));
      ServerProcess mux = server(MUX, MuxEchoServer.class, MuxServer.class);
      enter(MUX, mux, new MuxClient(MUX, mux.port(), echo));
      Duration played = perform(length, scripted);
      return new Summary(played, echo.wrongAnswers(), lanes);
    } finally {
      stage.close();
      closeLanes();
    }
  }

  /** All at once: each may have to wait for a server that does not answer. */
  private void closeLanes() throws InterruptedException {
    List<Thread> closing =
        lanes.stream().map(lane -> new Thread(lane::close, "demo-end-" + lane.name())).toList();
    closing.forEach(Thread::start);
    for (Thread thread : closing) {
      thread.join();
    }
  }

  private ServerProcess server(String name, Class<?> mainClass, Class<?>... needed)
      throws IOException, InterruptedException {
    return new ServerProcess(name, List.of(load.workMillis()), mainClass, needed);
  }

  private void enter(String name, ServerProcess server, Client client) {
    Lane<?> lane = new Lane<>(name, server, client, this::announce);
    lanes.add(lane);
    stage.enter(lane);
  }

  private Duration perform(Duration length, boolean scripted)
      throws IOException, InterruptedException {
    Thread painter = new Thread(this::paint, "demo-painter");
    began = System.nanoTime();
    painter.start();
    try {
      lanes.forEach(lane -> lane.load(load.threads(), load.pause()));
      if (scripted) {
        stage.playScript(length);
      }
      stage.await(length);
      return elapsed();
    } finally {
      stage.close();
      painter.join();
    }
  }

  private void paint() {
    try {
      boolean last;
      do {
        TimeUnit.NANOSECONDS.sleep(screen.pace().toNanos());
        last = stage.isOver();
        screen.show(elapsed(), lanes.stream().<Lane.Look>map(Lane::look).toList());
      } while (!last);
    } catch (InterruptedException enough) {
      Thread.currentThread().interrupt();
    }
  }

  private void announce(String event) {
    screen.announce(elapsed(), event);
  }

  private Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - began);
  }
}
