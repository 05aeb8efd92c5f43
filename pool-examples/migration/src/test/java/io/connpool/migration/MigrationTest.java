package io.connpool.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.ConnPool;
import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyServer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.commons.pool2.ObjectPool;
import org.apache.commons.pool2.PooledObjectFactory;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same code, the same server, before and after the line was changed. */
@Timeout(60)
final class MigrationTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  private FlakyServer server;
  private final GenericObjectPoolConfig<Client> config = new GenericObjectPoolConfig<>();

  /** The line. */
  enum Line {
    BEFORE {
      @Override
      ObjectPool<Client> pool(
          PooledObjectFactory<Client> factory, GenericObjectPoolConfig<Client> config) {
        return Pools.before(factory, config);
      }
    },
    AFTER {
      @Override
      ObjectPool<Client> pool(
          PooledObjectFactory<Client> factory, GenericObjectPoolConfig<Client> config) {
        return Pools.after(factory, config);
      }
    };

    abstract ObjectPool<Client> pool(
        PooledObjectFactory<Client> factory, GenericObjectPoolConfig<Client> config);
  }

  @BeforeEach
  void startServer() throws IOException {
    server = FlakyServer.start(Behaviour.answerLines());
    config.setJmxEnabled(false);
    config.setMaxTotal(4);
    config.setMaxWait(SOON);
    config.setTestOnBorrow(true);
  }

  @AfterEach
  void stopServer() throws IOException {
    server.close();
  }

  private ClientFactory factory() {
    return new ClientFactory(server.endpoint().host(), server.port(), 3);
  }

  private Catalog catalog(Line line) {
    return new Catalog(line.pool(factory(), config));
  }

  @ParameterizedTest
  @EnumSource
  void oneClientServesManyLookUps(Line line) throws IOException {
    try (Catalog catalog = catalog(line)) {
      for (int i = 0; i < 20; i++) {
        assertEquals("answer get key" + i, catalog.lookUp("key" + i));
      }
      assertEquals(1, server.accepted());
    }
  }

  @ParameterizedTest
  @EnumSource
  void manyThreadsShareAtMostMaxTotal(Line line) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(16);
    try (Catalog catalog = catalog(line)) {
      List<Future<String>> answers = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        String key = "key" + i;
        answers.add(threads.submit(() -> catalog.lookUp(key)));
      }
      for (int i = 0; i < answers.size(); i++) {
        assertEquals("answer get key" + i, answers.get(i).get());
      }
      assertTrue(server.accepted() <= 4, () -> server.accepted() + " connections");
    } finally {
      threads.shutdown();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aClientWhoseServerHasGoneIsReplaced(Line line) throws Exception {
    try (Catalog catalog = catalog(line)) {
      catalog.lookUp("a");
      server.closeAllConnections();
      server.awaitOpen(0, SOON);

      assertEquals("answer get b", catalog.lookUp("b"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aServerThatIsAwayIsAnErrorAndThenThereAgain(Line line) throws Exception {
    try (Catalog catalog = catalog(line)) {
      server.refuse();
      assertThrows(IOException.class, () -> catalog.lookUp("a"));
      server.listenAgain();

      assertEquals("answer get b", catalog.lookUp("b"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void nothingIsLeftOpen(Line line) throws Exception {
    Catalog catalog = catalog(line);
    catalog.lookUp("a");

    catalog.close();

    server.awaitOpen(0, SOON);
  }

  @Test
  void newCodeHasLeases() throws Exception {
    try (ConnPool<Client> pool = Pools.fromNowOn(factory())) {
      assertEquals("answer get key", pool.call(client -> client.get("key")));
    }
  }
}
