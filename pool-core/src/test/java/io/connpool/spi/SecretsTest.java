package io.connpool.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.ConnPool;
import io.connpool.spi.SomeProviders.Told;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is secret in a URI reaches the transport and nothing that anybody reads. */
final class SecretsTest {
  private static final String SECRET = "hunter2";

  private final List<String> logged = new CopyOnWriteArrayList<>();
  private final Logger logger = Logger.getLogger("io.connpool");
  private final Level levelBefore = logger.getLevel();
  private final Handler listener =
      new Handler() {
        @Override
        public void publish(LogRecord entry) {
          logged.add(entry.getMessage() + " " + stackOf(entry.getThrown()));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @TempDir Path folder;

  @BeforeEach
  void listen() {
    listener.setLevel(Level.ALL);
    logger.setLevel(Level.ALL);
    logger.addHandler(listener);
  }

  @AfterEach
  void nothingWasLogged() {
    logger.removeHandler(listener);
    logger.setLevel(levelBefore);
    assertFalse(logged.toString().contains(SECRET), logged::toString);
  }

  @Test
  void theTransportIsTold() throws Exception {
    try (Services services = Services.of(folder, SomeProviders.Good.class);
        ConnPool<Told> pool = SomeProviders.open("good://:" + SECRET + "@a:1")) {
      assertEquals("a:1 hello:" + SECRET, pool.call(told -> told.text));
      assertFalse(pool.toString().contains(SECRET), pool::toString);
      assertFalse(pool.effectiveConfig().toString().contains(SECRET));
    }
  }

  @Test
  void whatIsAttachedToAPoolIsNamedAndNotShown() {
    try (ConnPool<Told> pool =
        ConnPool.builder(context -> new Told("")).attribute("credentials", SECRET).build()) {
      String config = pool.effectiveConfig().toString();
      String refused =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> pool.reconfigure(b -> b.attribute("credentials", SECRET + "!")))
              .getMessage();

      for (String text : List.of(config, refused)) {
        assertTrue(text.contains("credentials"), text);
        assertFalse(text.contains(SECRET), text);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"password", "Password", "clientSecret", "passphrase", "access_token", "TOKEN"})
  void optionsWithASecretNameAreMasked(String name) {
    TransportUri uri = TransportUri.of(URI.create("x://h:1?a=1&" + name + "=" + SECRET));

    assertEquals("x://h:1?a=1&" + name + "=***", uri.toString());
    assertEquals(SECRET, uri.text(name).orElseThrow());
  }

  @Test
  void userInfoIsMasked() {
    assertEquals("x://***@h:1/p", uri("x://me:" + SECRET + "@h:1/p").toString());
    assertEquals("x://***@h:1", uri("x://" + SECRET + "@h:1").toString());
  }

  private static TransportUri uri(String text) {
    return TransportUri.of(URI.create(text));
  }

  /** Each of them fails in another place. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "unknown://me:hunter2@a:1",
        "unknown://a:1?password=hunter2",
        "good://me:hunter2@a:1?typo=1",
        "good://me:hunter2@a:1?maxActive=many",
        "good://me:hunter2@a:1?maxActive=-1",
        "good://me:hunter2@a:1,b:2",
        "good://me:hunter2@a",
        "good://me:hunter2@",
        "good://me:hunter2@a:1/path",
        "good://me:hunter2@a:1#fragment",
        "good://me:hunter2@a:1?fair",
        "good://a:1?token=hunter2&token=hunter2",
        "good://a:1?token=hunter2&typo=1",
        "good://a:1?passwort=1&password=hunter2",
        "failing://me:hunter2@a:1",
        "failing://a:1?password=hunter2",
        "null://me:hunter2@a:1",
        "good:me:hunter2@a:1"
      })
  void noErrorTellsASecret(String text) throws IOException {
    try (Services services =
        Services.of(
            folder,
            SomeProviders.Good.class,
            SomeProviders.Failing.class,
            SomeProviders.Null.class,
            SomeProviders.Unconstructible.class)) {
      Throwable failure =
          assertThrows(RuntimeException.class, () -> SomeProviders.open(text).close());

      String everything = stackOf(failure);
      assertFalse(everything.contains(SECRET), everything);
      assertTrue(everything.contains("://"), everything);
    }
  }

  @Test
  void norDoesTheErrorOfTwoProviders() throws IOException {
    try (Services services =
        Services.of(folder, SomeProviders.Good.class, SomeProviders.Rival.class)) {
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> SomeProviders.open("good://" + SECRET + "@a:1?token=" + SECRET))
              .getMessage();

      assertTrue(message.contains("good://***@a:1?token=***"), message);
      assertFalse(message.contains(SECRET), message);
    }
  }

  @Test
  void aSecretThatIsNotOfItsTypeIsNotQuoted() {
    TransportUri uri = uri("x://h:1?tokenLength=" + SECRET);

    assertEquals(
        "option tokenLength of x://h:1 must be a whole number, but is \"***\"",
        assertThrows(IllegalArgumentException.class, () -> uri.integer("tokenLength"))
            .getMessage());
  }

  private static String stackOf(Throwable failure) {
    StringWriter text = new StringWriter();
    if (failure != null) {
      failure.printStackTrace(new PrintWriter(text, true));
    }
    return text.toString();
  }
}
