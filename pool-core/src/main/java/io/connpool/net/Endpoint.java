package io.connpool.net;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where a peer can be reached: a host and a port, not yet resolved. A pool outlives the addresses
 * behind a name, so they are asked for at every dial and never kept.
 *
 * @param host a name, an IPv4 address or an IPv6 address without brackets
 * @param port 1 to 65535
 */
public record Endpoint(String host, int port) {

  private static final Pattern HOST_AND_PORT = Pattern.compile("(\\[.*]|[^:]*):(\\d{1,5})");

  /** What cannot be part of a name, because a URI or an address gives it another meaning. */
  private static final Pattern NAME = Pattern.compile("[^\\s:/@?#%\\[\\]]+");

  /** An interface such as {@code eth0}, behind the {@code %} of a link-local IPv6 address. */
  private static final Pattern ZONE = Pattern.compile("%[^\\s%\\[\\]]+$");

  /**
   * As {@link #of}.
   *
   * @param host a name, an IPv4 address or an IPv6 address with or without brackets
   * @param port 1 to 65535
   * @throws IllegalArgumentException if either is none
   */
  public Endpoint {
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    String bare = bracketed ? host.substring(1, host.length() - 1) : host;
    if (!isIpv6(bare) && (bracketed || !NAME.matcher(bare).matches())) {
      throw new IllegalArgumentException("host must be a name or an address, was \"" + host + "\"");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port must be 1 to 65535, was " + port);
    }
    host = bare;
  }

  /**
   * A host and a port.
   *
   * @param host a name, an IPv4 address or an IPv6 address with or without brackets
   * @param port 1 to 65535
   * @return the endpoint
   * @throws IllegalArgumentException if either is none
   */
  public static Endpoint of(String host, int port) {
    return new Endpoint(host, port);
  }

  /**
   * Reads what {@link #toString()} writes.
   *
   * @param text {@code host:port}; an IPv6 address needs brackets, as in {@code [::1]:80}
   * @return the endpoint
   * @throws IllegalArgumentException if the text is none
   */
  public static Endpoint parse(String text) {
    Matcher parts = HOST_AND_PORT.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "must be host:port, with an IPv6 address in brackets as in [::1]:80, was \""
              + text
              + "\"");
    }
    return new Endpoint(parts.group(1), Integer.parseInt(parts.group(2)));
  }

  private static boolean isIpv6(String text) {
    if (text.indexOf(':') < 0) {
      return false;
    }
    String withoutZone = ZONE.matcher(text).replaceFirst("");
    try {
      // The brackets keep the JDK from asking DNS when this is no address.
      InetAddress.getByName("[" + withoutZone + "]");
      return true;
    } catch (UnknownHostException notAnAddress) {
      return false;
    }
  }

  /**
   * Asks for the addresses, anew at each call. May block as long as the resolver of the machine
   * does, often many seconds: the JDK knows no timeout for it and ignores interrupts. The JDK
   * remembers an answer for 30 seconds and a failure for 10, unless the security properties {@code
   * networkaddress.cache.ttl} and {@code networkaddress.cache.negative.ttl} say otherwise.
   *
   * @return the addresses in the order of the resolver; at least one
   * @throws UnknownHostException if there are none or the resolver cannot be asked
   */
  public List<InetSocketAddress> resolve() throws UnknownHostException {
    return Stream.of(InetAddress.getAllByName(host))
        .map(address -> new InetSocketAddress(address, port))
        .toList();
  }

  /** {@code host:port}, an IPv6 address in brackets; {@link #parse} reads it. */
  @Override
  public String toString() {
    return host.indexOf(':') < 0 ? host + ":" + port : "[" + host + "]:" + port;
  }
}
