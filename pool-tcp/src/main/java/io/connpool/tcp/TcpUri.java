package io.connpool.tcp;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.connpool.ConnPool;
import io.connpool.PoolBuilder;
import io.connpool.spi.PoolOptions;
import io.connpool.spi.TlsOptions;
import io.connpool.spi.TransportUri;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;

/** Reads what {@link TcpPool#of} documents. */
final class TcpUri {
  static final Set<String> SCHEMES = Set.of("tcp", "tls", "unix");

  /** The framings by the names they have in a URI. */
  private enum Kind {
    LENGTH,
    LINES,
    FIXED,
    RAW,
    DELIMITER
  }

  private enum Order {
    BIG,
    LITTLE
  }

  private enum Sum {
    CRC32,
    CRC32C
  }

  private final TransportUri uri;

  private TcpUri(TransportUri uri) {
    this.uri = uri;
  }

  static TcpPoolBuilder poolOf(String text) {
    TransportUri uri = TransportUri.of(URI.create(text));
    if (!SCHEMES.contains(uri.scheme())) {
      throw new IllegalArgumentException(
          "the scheme must be tcp, tls or unix, but is " + uri.scheme() + " in " + uri);
    }
    TcpPoolBuilder builder = read(uri);
    // A mistake shows now and not when the pool is built.
    PoolBuilder<TcpConn> unused = PoolOptions.apply(uri, ConnPool.builder(builder.transport()));
    uri.rejectLeftovers();
    return builder.pool(pool -> PoolOptions.apply(uri, pool));
  }

  static TcpPoolBuilder read(TransportUri uri) {
    return new TcpUri(uri).builder();
  }

  private TcpPoolBuilder builder() {
    TcpPoolBuilder builder =
        uri.scheme().equals("unix")
            ? TcpPool.toUnix(Path.of(uri.path()))
            : TcpPool.to(uri.endpoint());
    framing().ifPresent(builder::framing);
    uri.duration("timeout").ifPresent(builder::timeout);
    uri.duration("probeAfter").ifPresent(builder::probeAfter);
    parts("retries", 2, "tries and pause, as in 2,100ms")
        .ifPresent(p -> builder.retry(new IoRetry(number("retries", p, 0), time(p.get(1)))));
    parts("drain", 2, "bytes and time, as in 65536,20ms")
        .ifPresent(p -> builder.drain(new Drain(number("drain", p, 0), time(p.get(1)))));
    if (!uri.scheme().equals("unix")) {
      uri.duration("dnsRefresh").ifPresent(builder::dnsRefresh);
      uri.text("bindTo").ifPresent(address -> builder.bindTo(addressOf(address)));
      parts("keepAlive", 3, "idle, interval and count, as in 60s,15s,4")
          .ifPresent(
              p -> builder.keepAlive(time(p.get(0)), time(p.get(1)), number("keepAlive", p, 2)));
    }
    if (uri.scheme().equals("tls")) {
      builder.tls(TlsOptions.read(uri));
    }
    return builder;
  }

  private Optional<Framing> framing() {
    Optional<Kind> kind = uri.choice("framing", Kind.class);
    return kind.map(
        named ->
            switch (named) {
              case LENGTH -> lengthPrefixed();
              case LINES -> Framing.lines(max().orElse(Framing.DEFAULT_MAX_MARKED));
              case FIXED -> Framing.fixed(uri.integer("size").orElse(0));
              case RAW -> Framing.raw();
              case DELIMITER ->
                  Framing.delimiter(
                      uri.text("delimiter").orElse("").getBytes(UTF_8),
                      max().orElse(Framing.DEFAULT_MAX_MARKED));
            });
  }

  private Framing lengthPrefixed() {
    LengthPrefixed framing = Framing.lengthPrefixed();
    framing = uri.integer("header").map(framing::headerBytes).orElse(framing);
    boolean little = uri.choice("order", Order.class).orElse(Order.BIG) == Order.LITTLE;
    framing = framing.order(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    framing = uri.flag("inclusive").map(framing::lengthIncludesHeader).orElse(framing);
    framing = uri.integer("adjustment").map(framing::lengthAdjustment).orElse(framing);
    framing = uri.text("magic").map(HexFormat.of()::parseHex).map(framing::magic).orElse(framing);
    framing =
        uri.choice("checksum", Sum.class).map(TcpUri::maker).map(framing::checksum).orElse(framing);
    return max().map(framing::max).orElse(framing);
  }

  private static Supplier<Checksum> maker(Sum sum) {
    return switch (sum) {
      case CRC32 -> CRC32::new;
      case CRC32C -> CRC32C::new;
    };
  }

  private Optional<Integer> max() {
    return uri.bytes("max").map(bytes -> (int) Math.min(bytes, Integer.MAX_VALUE));
  }

  private Optional<List<String>> parts(String option, int count, String expected) {
    return uri.text(option)
        .map(
            text -> {
              List<String> parts = List.of(text.split(",", -1));
              if (parts.size() != count) {
                throw new IllegalArgumentException(
                    option + " must be " + expected + ", but is \"" + text + "\"");
              }
              return parts;
            });
  }

  private static int number(String option, List<String> parts, int index) {
    try {
      return Integer.parseInt(parts.get(index));
    } catch (NumberFormatException none) {
      throw new IllegalArgumentException(
          option + " must have a number at " + (index + 1) + ", but is " + parts, none);
    }
  }

  /** As the options of the pool write a time. */
  private static Duration time(String text) {
    return TransportUri.of(URI.create("x://h?time=" + text))
        .duration("time")
        .orElseThrow(() -> new IllegalArgumentException("a time is missing"));
  }

  private static InetAddress addressOf(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException unknown) {
      throw new IllegalArgumentException("bindTo must be an address, but is " + text, unknown);
    }
  }
}
