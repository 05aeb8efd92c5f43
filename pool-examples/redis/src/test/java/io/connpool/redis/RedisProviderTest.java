package io.connpool.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.ConnPool;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The transport by its scheme, found on the class path, without a server. */
final class RedisProviderTest {

  @Test
  void aUriOpensAPool() {
    String uri = "redis://app:secret@cache.example:6379?db=3&timeout=250ms&maxActive=64";
    try (ConnPool<RedisConnection> pool = ConnPool.open(URI.create(uri), RedisConnection.class)) {
      assertEquals(64, pool.effectiveConfig().maxActive());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "redis://:secret@h:1?dbb=3, 'unknown option dbb of redis://***@h:1; there are: '",
    "redis://:secret@h:1?db=-1, 'db must be 0 or more, but is -1'",
    "redis://:secret@h:1?db=x, option db of redis://***@h:1 must be a whole number",
    "redis://:secret@h:1?timeout=0s, 'timeout must be more than zero, was PT0S'",
    "redis://:secret@h:1/3, 'has a path, which means nothing here'",
    "redis://secret@h:1, 'user info must be user:password or :password, but has no colon'",
    "redis://app:@h:1, the password of user \"app\" must not be empty",
    "redis://:secret@h, must be host:port",
  })
  void aMistakeIsNamedAndThePasswordIsNot(String uri, String message) {
    IllegalArgumentException mistake =
        assertThrows(
            IllegalArgumentException.class,
            () -> ConnPool.open(URI.create(uri), RedisConnection.class));

    assertTrue(mistake.getMessage().contains(message), mistake::getMessage);
    assertFalse(mistake.toString().contains("secret"), mistake::getMessage);
  }

  @Test
  void anotherTypeOfConnectionIsRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> ConnPool.open(URI.create("redis://h:1"), java.net.Socket.class));
  }

  @Test
  void whatCannotBeSentIsNamed() {
    assertEquals(
        "arguments must be texts, whole numbers or byte arrays, one was a java.lang.Double",
        assertThrows(IllegalArgumentException.class, () -> Command.of("SET", "k", 1.5))
            .getMessage());
    assertEquals(
        "name must be one word, was \"GET k\"",
        assertThrows(IllegalArgumentException.class, () -> Command.of("GET k")).getMessage());
  }
}
