package io.connpool.programs;

import io.connpool.persistent.PersistentConnection;
import java.io.IOException;
import java.time.Duration;

/** One connection that is dialed again whenever it is lost. */
public final class StayConnected {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private StayConnected() {}

  /** Asks, has the server hang up, and asks again. */
  public static void main(String[] arguments) throws Exception {
    try (LineServer server = new LineServer();
        PersistentConnection<LineClient> feed =
            PersistentConnection.<LineClient>of(ctx -> new LineClient(server.port()))
                .backoff(Duration.ofMillis(50), Duration.ofSeconds(1))
                .stableAfter(Duration.ZERO)
                .onConnected(client -> System.out.println("says " + client.ask("hello")))
                .start()) {
      System.out.println("answer: " + feed.call(LIMIT, client -> client.ask("one")));

      server.hangUp();
      try {
        System.out.println("answer: " + feed.call(LIMIT, client -> client.ask("two")));
      } catch (IOException lost) {
        System.out.println("the connection was lost");
      }

      System.out.println("answer: " + feed.call(LIMIT, client -> client.ask("three")));
      System.out.println("connections so far: " + feed.epoch());
    }
  }
}
