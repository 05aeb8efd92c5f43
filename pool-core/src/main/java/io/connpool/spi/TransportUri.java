package io.connpool.spi;

import io.connpool.net.Endpoint;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A URI that says what to connect to, taken apart: {@code
 * scheme://user-info@host:port,host:port/path?option=value&option=value}.
 *
 * <p>It remembers what it was asked for. Whatever is in the URI and was never asked for is a
 * mistake, and {@link #rejectLeftovers} says so; a pool described by a URI does that after its
 * provider and itself have asked for all they know. So a provider simply asks; the names and types
 * it asks for are also the help that a user gets.
 *
 * <p>All getters throw {@link IllegalArgumentException} with the option, its value and what it
 * should be. {@link #toString} and all messages mask secrets. Used by one thread.
 */
public final class TransportUri {
  private final String scheme;
  private final @Nullable String userInfo;
  private final List<String> addresses;
  private final String path;
  private final Query query;
  private boolean userInfoAsked;
  private boolean addressesAsked;
  private boolean pathAsked;

  private TransportUri(URI uri) {
    scheme = Objects.requireNonNullElse(uri.getScheme(), "").toLowerCase(Locale.ROOT);
    String authority = Objects.requireNonNullElse(uri.getRawAuthority(), "");
    int at = authority.lastIndexOf('@');
    userInfo = at < 0 ? null : decoded(authority.substring(0, at));
    addresses = at == authority.length() - 1 ? List.of() : split(authority.substring(at + 1));
    path = Objects.requireNonNullElse(uri.getPath(), "");
    query = new Query(uri.getRawQuery(), placeOnly());
    require(!scheme.isEmpty() && !uri.isOpaque(), "must begin with scheme://");
    require(uri.getRawFragment() == null, "must not have a #fragment");
  }

  private static List<String> split(String authority) {
    return List.of(authority.split(",", -1));
  }

  private static String decoded(String raw) {
    return Objects.requireNonNullElse(URI.create("x://h/" + raw).getPath(), "/").substring(1);
  }

  /**
   * Takes a URI apart.
   *
   * @param uri with a scheme, without a fragment
   * @return its parts
   * @throws IllegalArgumentException if it cannot be one of a transport; the message has no secrets
   */
  public static TransportUri of(URI uri) {
    return new TransportUri(uri);
  }

  /**
   * Which provider it is for.
   *
   * @return in lower case
   */
  public String scheme() {
    return scheme;
  }

  /**
   * Who wants to connect, and perhaps with which password: a secret.
   *
   * @return what stands before the {@code @}, decoded, or empty
   */
  public Optional<String> userInfo() {
    userInfoAsked = true;
    return Optional.ofNullable(userInfo);
  }

  /**
   * Where the peers are.
   *
   * @return none, one or several; no duplicates are removed
   */
  public List<Endpoint> endpoints() {
    addressesAsked = true;
    List<Endpoint> endpoints = new ArrayList<>();
    for (String address : addresses) {
      try {
        endpoints.add(Endpoint.parse(address));
      } catch (IllegalArgumentException none) {
        throw new BadUriException("address in " + placeOnly() + ": " + none.getMessage());
      }
    }
    return endpoints;
  }

  /**
   * Where the one peer is.
   *
   * @return the endpoint
   * @throws IllegalArgumentException if there is none, or there are several
   */
  public Endpoint endpoint() {
    List<Endpoint> endpoints = endpoints();
    require(endpoints.size() == 1, "must have exactly one host:port");
    return endpoints.get(0);
  }

  /**
   * What stands behind the addresses.
   *
   * @return decoded, with the slash it begins with; empty if there is none
   */
  public String path() {
    pathAsked = true;
    return path;
  }

  /**
   * A text, taken as it is.
   *
   * @param option its name
   * @return the value, or empty
   */
  public Optional<String> text(String option) {
    return query.get(option, "text", text -> text);
  }

  /**
   * A whole number.
   *
   * @param option its name
   * @return the value, or empty
   */
  public Optional<Integer> integer(String option) {
    return query.get(option, "number", OptionText::integer);
  }

  /**
   * {@code true} or {@code false}.
   *
   * @param option its name
   * @return the value, or empty
   */
  public Optional<Boolean> flag(String option) {
    return query.get(option, "true or false", OptionText::flag);
  }

  /**
   * A time with its unit: {@code 250ms}, {@code 5s}, {@code 2m}, {@code 1h}; also ns, us and d.
   *
   * @param option its name
   * @return the value, not negative, or empty
   */
  public Optional<Duration> duration(String option) {
    return query.get(option, "duration", OptionText::duration);
  }

  /**
   * A size: {@code 512}, {@code 64k}, {@code 1m}, {@code 1g}, in powers of 1024.
   *
   * @param option its name
   * @return the value, not negative, or empty
   */
  public Optional<Long> bytes(String option) {
    return query.get(option, "bytes", OptionText::bytes);
  }

  /**
   * One of a few words: the constants of an enum, in any case, with {@code -} for {@code _}.
   *
   * @param option its name
   * @param type the enum
   * @param <E> the enum
   * @return the value, or empty
   */
  public <E extends Enum<E>> Optional<E> choice(String option, Class<E> type) {
    return query.get(option, OptionText.choices(type), text -> OptionText.choice(text, type));
  }

  /**
   * The names of all options that were asked for so far, whether or not they are there.
   *
   * @return in alphabetical order
   */
  public Collection<String> knownOptions() {
    return query.known();
  }

  /**
   * Complains about whatever is there and was not asked for.
   *
   * @throws IllegalArgumentException with the leftovers and, for options, the names of those that
   *     were asked for
   */
  public void rejectLeftovers() {
    query.rejectUnknown();
    require(userInfoAsked || userInfo == null, "has user info, which means nothing here");
    require(addressesAsked || addresses.isEmpty(), "has an address, which means nothing here");
    require(
        pathAsked || Stream.of("", "/").anyMatch(path::equals),
        "has a path, which means nothing here");
  }

  private void require(boolean holds, String rule) {
    if (!holds) {
      throw new BadUriException(this + " " + rule);
    }
  }

  /** Without options. */
  private String placeOnly() {
    String user = userInfo == null ? "" : Query.MASK + "@";
    return (scheme.isEmpty() ? "" : scheme + "://") + user + String.join(",", addresses) + path;
  }

  /** The URI, decoded, with secrets masked. */
  @Override
  public String toString() {
    return placeOnly() + query;
  }
}
