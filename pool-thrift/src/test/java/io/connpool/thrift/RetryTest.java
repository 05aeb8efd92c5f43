package io.connpool.thrift;

import static io.connpool.thrift.ThriftWorld.echo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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

  @Test
  void theBudgetEndsAStormAndGrowsWithTheCalls() {
    RetryBudget budget = new RetryBudget(3);

    assertEquals(3, spendAll(budget), "the burst");
    for (int call = 1; call <= 5; call++) {
      assertFalse(budget.spend(), "one for each five calls");
      budget.earn();
    }
    assertEquals(1, spendAll(budget));
    for (int call = 0; call < 1000; call++) {
      budget.earn();
    }
    assertEquals(3, spendAll(budget), "no more than the burst is saved");
  }

  private static int spendAll(RetryBudget budget) {
    int spent = 0;
    while (budget.spend()) {
      spent++;
    }
    return spent;
  }
}
