package io.connpool.consumer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.ConnPool;
import io.connpool.micrometer.PoolMetrics;
import io.connpool.mux.MuxConnection;
import io.connpool.redis.RedisConnection;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConsumerTest {

  @Test
  void thePoolWorksOnTheModulePath() throws InterruptedException {
    assertEquals("io.connpool.consumer", Consumer.class.getModule().getName());
    assertEquals("io.connpool", ConnPool.class.getModule().getName());
    assertEquals(1, new Consumer().useTwice());
  }

  @Test
  void whatThePoolNeedsIsResolvedWithIt() {
    assertTrue(ModuleLayer.boot().findModule("io.github.resilience4j.retry").isPresent());
  }

  @ParameterizedTest
  @ValueSource(strings = {"io.connpool", "io.connpool.tcp", "io.connpool.thrift"})
  void everyPublishedModuleHasItsVersionFromTheBom(String name) {
    Module module = ModuleLayer.boot().findModule(name).orElseThrow();
    assertFalse(module.getDescriptor().isAutomatic());
  }

  @Test
  void aPoolIsMeasuredOnTheModulePath() throws InterruptedException {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (ConnPool<Thing> pool =
        ConnPool.builder(ctx -> new Thing("grey")).listener(PoolMetrics.to(registry)).build()) {
      pool.call(Thing::use);
      assertEquals(1, registry.get("connpool.connections.idle").gauge().value());
    }
  }

  @Test
  void aPoolIsRecordedOnTheModulePath(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("flight.jfr");
    try (Recording recording = new Recording()) {
      recording.enable("io.connpool.Dial");
      recording.start();
      new Consumer().useTwice();
      recording.stop();
      recording.dump(file);
    }
    assertEquals(
        List.of("things"),
        RecordingFile.readAllEvents(file).stream()
            .filter(event -> event.getEventType().getName().equals("io.connpool.Dial"))
            .map(event -> event.getString("pool"))
            .toList());
  }

  @Test
  void aTransportIsFoundThatThisModuleProvides() throws InterruptedException {
    try (ConnPool<Thing> pool = ConnPool.open(URI.create("thing:///?colour=red"), Thing.class)) {
      assertEquals("red", pool.call(Thing::use));
    }
  }

  @Test
  void soIsOneOfAnotherModule() {
    URI uri = URI.create("redis://:secret@localhost:6379?db=3");
    try (ConnPool<RedisConnection> pool = ConnPool.open(uri, RedisConnection.class)) {
      assertEquals("io.connpool.redis", RedisConnection.class.getModule().getName());
      assertEquals(0, pool.stats().total());
    }
  }

  /** It is registered for the class path too, and there every other test finds it. */
  @Test
  void soIsTheOneThatComesWithThePool() {
    URI uri = URI.create("mux://127.0.0.1:7000?name=found");
    try (ConnPool<MuxConnection> pool = ConnPool.open(uri, MuxConnection.class)) {
      assertEquals("found", pool.effectiveConfig().name());
    }
  }

  @Test
  void soIsOneThatIsRegisteredOnTheClassPath() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Void> answered = CompletableFuture.runAsync(() -> answerLines(server));
      URI uri = URI.create("line://127.0.0.1:" + server.getLocalPort() + "");
      try (ConnPool<Closeable> pool = ConnPool.open(uri, Closeable.class)) {
        Closeable connection = pool.call(it -> it);
        assertEquals("io.connpool.lines.LineConnection", connection.getClass().getName());
        assertFalse(connection.getClass().getModule().isNamed());
      }
      answered.join();
    }
  }

  @Test
  void whatOnlyItsAdaptersNeedIsNot() {
    assertTrue(ModuleLayer.boot().findModule("org.apache.commons.pool2").isEmpty());
  }

  /** One connection, until it ends. */
  private static void answerLines(ServerSocket server) {
    try (Socket socket = server.accept();
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        socket.getOutputStream().write(("answer " + line + "\n").getBytes(UTF_8));
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
