package io.connpool.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {

  @ParameterizedTest
  @CsvSource({
    "localhost:7000, localhost, 7000",
    "orders-1.example_x:1, orders-1.example_x, 1",
    "127.0.0.1:65535, 127.0.0.1, 65535",
    "[::1]:80, ::1, 80",
    "[fe80::1%eth0]:80, fe80::1%eth0, 80",
    "[::ffff:1.2.3.4]:80, ::ffff:1.2.3.4, 80",
  })
  void parseReadsWhatToStringWrites(String text, String host, int port) {
    Endpoint endpoint = Endpoint.parse(text);
    assertEquals(Endpoint.of(host, port), endpoint);
    assertEquals(text, endpoint.toString());
  }

  @Test
  void bracketsAreNoPartOfTheHost() {
    assertEquals("::1", Endpoint.of("[::1]", 80).host());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost",
        "localhost:",
        "localhost:+80",
        "localhost:80 ",
        "localhost:123456",
        "::1:80",
        "[::1]",
        "[::1]80",
        "http://localhost:80"
      })
  void textThatIsNoHostAndPortIsQuoted(String text) {
    var rejected = assertThrows(IllegalArgumentException.class, () -> Endpoint.parse(text));
    assertEquals(
        "must be host:port, with an IPv6 address in brackets as in [::1]:80, was \"" + text + "\"",
        rejected.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "a b",
        "user@host",
        "host/path",
        "1:2",
        "xyz::1",
        "[localhost]",
        "[127.0.0.1]",
        "[::1",
        "::1]",
        "[]",
        "::1%",
        "localhost%eth0"
      })
  void aHostThatIsNoneIsQuoted(String host) {
    var rejected = assertThrows(IllegalArgumentException.class, () -> Endpoint.of(host, 80));
    assertEquals("host must be a name or an address, was \"" + host + "\"", rejected.getMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 65_536})
  void aPortOutOfRangeIsQuoted(int port) {
    var rejected =
        assertThrows(IllegalArgumentException.class, () -> Endpoint.of("localhost", port));
    assertEquals("port must be 1 to 65535, was " + port, rejected.getMessage());
  }

  @Test
  void aParsedPortIsCheckedToo() {
    assertThrows(IllegalArgumentException.class, () -> Endpoint.parse("localhost:65536"));
  }

  @Test
  void resolveGivesEveryAddressWithThePort() throws UnknownHostException {
    List<InetSocketAddress> expected =
        List.of(InetAddress.getAllByName("localhost")).stream()
            .map(address -> new InetSocketAddress(address, 7000))
            .toList();
    assertEquals(expected, Endpoint.of("localhost", 7000).resolve());
  }

  @Test
  void resolveFailsWhenThereIsNoAddress() {
    Endpoint nowhere = Endpoint.of("fe80::1%no-such-interface", 80);
    assertThrows(UnknownHostException.class, nowhere::resolve);
  }
}
