package io.connpool.thrift;

import static io.connpool.thrift.ThriftWorld.echo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.DialException;
import io.connpool.testkit.FlakyServer;
import io.connpool.thrift.gen.Echo;
import io.connpool.thrift.gen.Refused;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.thrift.TApplicationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is made again, how often, and by whom. */
class RetryTest {
  @RegisterExtension final ThriftWorld world = new ThriftWorld();

  private FlakyServer resettingServer(AtomicInteger requests) throws Exception {
    return world.faultServer(
        ThriftPeer.behaving(
            (peer, request) -> {
              requests.incrementAndGet();
              peer.connection.reset();
            }));
  }

  @Test
  void aCallThatMayHaveRunIsSentOnce() throws Exception {
    AtomicInteger requests = new AtomicInteger();
    ThriftPool<Echo.Iface> pool = world.pool(echo(resettingServer(requests).endpoint()));

    assertThrows(ThriftCallException.class, () -> pool.client().echo("x"));

    assertEquals(1, requests.get());
  }

  @Test
  void onlyTheMethodsThatWereNamedAreIdempotent() throws Exception {
    AtomicInteger requests = new AtomicInteger();
    ThriftPool<Echo.Iface> pool =
        world.pool(echo(resettingServer(requests).endpoint()).idempotent("notes", "echo"));
    Echo.Iface client = pool.client(CallOptions.timeout(Duration.ofSeconds(2)));

    assertThrows(ThriftCallException.class, client::ping);
    assertEquals(1, requests.get());

    assertThrows(ThriftCallException.class, () -> client.echo("x"));
    assertTrue(requests.get() > 2, () -> "echo was sent " + (requests.get() - 1) + " times");
    assertTrue(requests.get() < 100, () -> "no pauses: " + requests.get());
  }

  @Test
  void aMethodThatDoesNotExistCannotBeIdempotent() {
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> ThriftPool.builder(Echo.Iface.class).idempotent("ecko"));

    assertTrue(refusal.getMessage().contains("\"ecko\""), refusal::toString);
  }

  @Test
  void anAnswerIsNeverAskedForAgain() throws Exception {
    EchoServer server = world.server(EchoServer.start());
    ThriftPool<Echo.Iface> pool = world.pool(echo(server.endpoint()));
    Echo.Iface client = pool.client(CallOptions.DEFAULT.idempotent());

    assertThrows(Refused.class, () -> client.refuse("x"));
    assertThrows(TApplicationException.class, () -> client.crash("x"));

    assertEquals(1, pool.stats().dialed());
  }

  @Test
  void withoutRetriesTheFirstFailureSurfaces() throws Exception {
    FlakyServer server = world.faultServer(ThriftPeer.good());
    server.refuse();
    ThriftPool<Echo.Iface> pool = world.pool(echo(server.endpoint()));

    ThriftCallException failure =
        assertThrows(
            ThriftCallException.class,
            () -> pool.client(CallOptions.DEFAULT.withoutRetries()).echo("x"));

    assertInstanceOf(DialException.class, failure.getCause());
    assertEquals(1, pool.stats().dialFailures());
  }

  @Test
  void whatWasNotSentIsMadeAgainUntilTheServerIsBack() throws Exception {
    FlakyServer server = world.faultServer(ThriftPeer.good());
    server.refuse();
    ThriftPool<Echo.Iface> pool = world.pool(echo(server.endpoint()));
    Thread back =
        new Thread(
            () -> {
              ThriftWorld.eventually(
                  () -> "two dials have failed", () -> pool.stats().dialFailures() >= 2);
              try {
                server.listenAgain();
              } catch (Exception failure) {
                throw new AssertionError(failure);
              }
            });
    back.start();

    assertEquals("answer to x", pool.client().echo("x"));

    back.join();
  }

  @Test
  void aRetryPolicyOfTheUsersKnowsWhatIsSafe() throws Exception {
    FlakyServer server = world.faultServer(ThriftPeer.good());
    server.refuse();
    ThriftPool<Echo.Iface> pool = world.pool(echo(server.endpoint()));
    Echo.Iface client = pool.client(CallOptions.DEFAULT.withoutRetries());
    Retry retry =
        Retry.of(
            "echo",
            RetryConfig.custom()
                .maxAttempts(20)
                .waitDuration(Duration.ofMillis(50))
                .retryOnException(ThriftCallException::wasNotSent)
                .build());
    AtomicInteger retries = new AtomicInteger();
    retry
        .getEventPublisher()
        .onRetry(
            event -> {
              if (retries.incrementAndGet() == 2) {
                try {
                  server.listenAgain();
                } catch (Exception failure) {
                  throw new AssertionError(failure);
                }
              }
            });

    assertEquals("answer to x", retry.executeCallable(() -> client.echo("x")));

    assertTrue(retries.get() >= 2);
  }

  @Test
  void aRetryPolicyOfTheUsersDoesNotRepeatWhatMayHaveRun() throws Exception {
    AtomicInteger requests = new AtomicInteger();
    ThriftPool<Echo.Iface> pool = world.pool(echo(resettingServer(requests).endpoint()));
    Retry retry =
        Retry.of(
            "echo",
            RetryConfig.custom()
                .maxAttempts(5)
                .retryOnException(ThriftCallException::wasNotSent)
                .build());

    assertThrows(
        ThriftCallException.class, () -> retry.executeCallable(() -> pool.client().echo("x")));

    assertEquals(1, requests.get());
  }

  /** A budget of its own would be one for each pool and each caller; see the core's. */
  @Test
  void theBudgetEndsAStorm() throws Exception {
    AtomicInteger requests = new AtomicInteger();
    ThriftPool<Echo.Iface> pool =
        world.pool(echo(resettingServer(requests).endpoint()).maxActive(20).idempotent("echo"));
    Echo.Iface client = pool.client(CallOptions.timeout(Duration.ofSeconds(2)));
    long began = System.nanoTime();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      Thread caller =
          new Thread(
              () -> {
                for (int call = 0; call < 10; call++) {
                  assertThrows(ThriftCallException.class, () -> client.echo("x"));
                }
              });
      callers.add(caller);
      caller.start();
    }
    for (Thread caller : callers) {
      caller.join();
    }

    // 200 calls, a fifth of them again, and ten a second besides, those of ten seconds at once
    long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began) + 1;
    long most = 200 + 40 + 100 + 10 * seconds;
    assertTrue(requests.get() <= most, () -> requests.get() + " requests, more than " + most);
    assertTrue(requests.get() > 250, () -> "it hardly ever tried again: " + requests.get());
  }
}
