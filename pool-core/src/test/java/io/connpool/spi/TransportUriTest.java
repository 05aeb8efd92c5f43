package io.connpool.spi;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.connpool.WhenExhausted;
import io.connpool.net.Endpoint;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A URI taken apart, and what is said about one that makes no sense. */
final class TransportUriTest {

  private static TransportUri uri(String text) {
    return TransportUri.of(URI.create(text));
  }

  @Test
  void everyPartIsThere() {
    TransportUri uri = uri("Tcp://me:secret%40home@a:1,b:2/some%20path?x=1%262&y=+");

    assertEquals("tcp", uri.scheme());
    assertEquals(Optional.of("me:secret@home"), uri.userInfo());
    assertEquals(List.of(Endpoint.of("a", 1), Endpoint.of("b", 2)), uri.endpoints());
    assertEquals("/some path", uri.path());
    assertEquals(Optional.of("1&2"), uri.text("x"));
    assertEquals(Optional.of("+"), uri.text("y"));
    assertEquals(Optional.empty(), uri.text("z"));
    assertDoesNotThrow(uri::rejectLeftovers);
  }

  @Test
  void anAddressIsNotNeeded() {
    TransportUri uri = uri("unix:///run/orders.sock");

    assertEquals(List.of(), uri.endpoints());
    assertEquals("/run/orders.sock", uri.path());
  }

  @Test
  void anIpv6AddressHasBrackets() {
    assertEquals(Endpoint.of("::1", 7000), uri("tcp://[::1]:7000").endpoint());
  }

  @ParameterizedTest
  @CsvSource({
    "0, PT0S",
    "5ns, PT0.000000005S",
    "7us, PT0.000007S",
    "250ms, PT0.25S",
    "5s, PT5S",
    "2m, PT2M",
    "1h, PT1H",
    "3d, PT72H"
  })
  void durationsHaveUnits(String text, Duration expected) {
    assertEquals(Optional.of(expected), uri("x://h?d=" + text).duration("d"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"5", "-5s", "5 s", "s", "five", "5S", "PT5S", "999999999999999999d", ""})
  void whatIsNoDurationIsAnError(String text) {
    TransportUri uri = uri("x://h?d=" + text.replace(" ", "%20"));

    rejected(u -> u.duration("d"), uri, "option d of x://h must be a duration", text);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "512, 512", "64k, 65536", "64K, 65536", "1m, 1048576", "2g, 2147483648"})
  void sizesHaveUnits(String text, long expected) {
    assertEquals(Optional.of(expected), uri("x://h?b=" + text).bytes("b"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "64kb", "k", "1.5m", "999999999999999g", "9999999999999999999"})
  void whatIsNoSizeIsAnError(String text) {
    rejected(
        u -> u.bytes("b"), uri("x://h?b=" + text), "option b of x://h must be a number of b", text);
  }

  @Test
  void otherTypesTooSayWhatTheyTake() {
    TransportUri uri = uri("x://h?n=many&f=yes&w=sometimes");

    rejected(u -> u.integer("n"), uri, "option n of x://h must be a whole number", "many");
    rejected(u -> u.flag("f"), uri, "option f of x://h must be true or false", "yes");
    rejected(
        u -> u.choice("w", WhenExhausted.class),
        uri,
        "option w of x://h must be one of wait, overflow, fail",
        "sometimes");
  }

  @ParameterizedTest
  @ValueSource(strings = {"RETRY_LATER", "retry-later", "Retry_Later"})
  void aChoiceMayBeWrittenInSeveralWays(String text) {
    assertEquals(Optional.of(Choice.RETRY_LATER), uri("x://h?c=" + text).choice("c", Choice.class));
  }

  private enum Choice {
    @SuppressWarnings("unused")
    GIVE_UP,
    RETRY_LATER
  }

  private static void rejected(
      Consumer<TransportUri> asks, TransportUri uri, String message, String value) {
    String said = assertThrows(IllegalArgumentException.class, () -> asks.accept(uri)).getMessage();
    assertEquals(message, said.substring(0, message.length()));
    assertEquals(", but is \"" + value + "\"", said.substring(said.lastIndexOf(", but is")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "//h:1 | h:1 must begin with scheme://",
        "tcp:h:1 | tcp:// must begin with scheme://",
        "tcp://h:1#there | tcp://h:1 must not have a #fragment",
        "tcp://h:1?fair | option \"fair\" of tcp://h:1 must be written as name=value",
        "tcp://h:1?=x | option \"\" of tcp://h:1 must be written as name=value",
        "tcp://h:1?a=1&b=2&a=3 | option a of tcp://h:1 is there twice"
      })
  void whatIsNoUriOfATransportIsAnError(String text, String message) {
    assertEquals(
        message, assertThrows(IllegalArgumentException.class, () -> uri(text)).getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "x://me@h:1 | x://***@h:1 has user info, which means nothing here",
        "x://h:1 | x://h:1 has an address, which means nothing here",
        "x:///a/b | x:///a/b has a path, which means nothing here",
        "x://?a=1 | unknown option a of x://; there are: none",
        "x:///?a=1&b=2 | unknown options a, b of x:///; there are: none"
      })
  void whatNobodyAskedForIsAnError(String text, String message) {
    assertEquals(
        message,
        assertThrows(IllegalArgumentException.class, () -> uri(text).rejectLeftovers())
            .getMessage());
  }

  @Test
  void anAddressThatIsNoneIsAnErrorWithoutTheUserInfo() {
    assertEquals(
        "address in x://***@h: must be host:port, with an IPv6 address in brackets as in [::1]:80,"
            + " was \"h\"",
        assertThrows(IllegalArgumentException.class, () -> uri("x://me:pw@h").endpoints())
            .getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"x:///", "x://a:1,b:2"})
  void exactlyOneEndpointIsNeitherNoneNorTwo(String text) {
    assertEquals(
        text + " must have exactly one host:port",
        assertThrows(IllegalArgumentException.class, () -> uri(text).endpoint()).getMessage());
  }
}
