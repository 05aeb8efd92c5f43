package io.connpool.spi;

import io.connpool.ConnPool;
import io.connpool.PoolBuilder;
import io.connpool.PoolException;
import io.connpool.Transport;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The providers of this process, by scheme. Found anew for each pool that is described by a URI, so
 * that class loaders may come and go.
 */
public final class TransportProviders {
  private static final Logger LOG = System.getLogger("io.connpool");

  /**
   * No process has so many that are broken. A class loader that cannot be asked for resources fails
   * again and again, before it comes to any provider.
   */
  private static final int MOST_FAILURES = 1_000;

  /** RFC 3986, section 3.1, in lower case. */
  private static final Pattern SCHEME = Pattern.compile("[a-z][a-z0-9+.-]*");

  private final Map<String, List<TransportProvider>> byScheme = new TreeMap<>();
  private final Set<Class<?>> seen = new HashSet<>();
  private final List<Throwable> broken = new ArrayList<>();

  private TransportProviders() {}

  /**
   * Describes a pool by a URI; {@link ConnPool#builder(URI, Class)} is the same.
   *
   * @param uri the transport, and settings of the pool as options
   * @param type what the connections are
   * @param <C> what the connections are
   * @return a builder to be refined or built
   * @throws IllegalArgumentException if no provider, or more than one, has the scheme, or the URI
   *     has something that has no meaning
   * @throws PoolException if the provider fails
   */
  public static <C> PoolBuilder<C> builder(URI uri, Class<C> type) {
    Objects.requireNonNull(type, "type");
    TransportUri parts = TransportUri.of(uri);
    TransportProvider provider =
        foundBy( // what the application has, and what comes with this library
                Thread.currentThread().getContextClassLoader(),
                TransportProvider.class.getClassLoader())
            .of(parts);
    PoolBuilder<C> pool = ConnPool.builder(create(provider, parts, type));
    try {
      PoolOptions.apply(parts, pool);
    } catch (IllegalArgumentException refused) {
      throw located(refused, parts);
    }
    parts.rejectLeftovers();
    return pool;
  }

  private static <C> Transport<C> create(
      TransportProvider provider, TransportUri uri, Class<C> type) {
    try {
      return Objects.requireNonNull(provider.create(uri, type), "create returned null");
    } catch (IllegalArgumentException refused) {
      throw located(refused, uri);
    } catch (RuntimeException | Error failure) {
      throw new PoolException(
          "provider %s failed for %s: %s".formatted(nameOf(provider), uri, failure), failure);
    }
  }

  /** What a provider or the builder says about a value does not say where that stands. */
  private static IllegalArgumentException located(
      IllegalArgumentException refused, TransportUri uri) {
    return refused instanceof BadUriException
        ? refused
        : new IllegalArgumentException(uri + ": " + refused.getMessage(), refused);
  }

  // --- finding ---

  /** Those that any of these class loaders knows. */
  static TransportProviders foundBy(@Nullable ClassLoader... loaders) {
    TransportProviders found = new TransportProviders();
    for (ClassLoader loader : loaders) {
      found.addAll(loader);
    }
    return found;
  }

  private void addAll(@Nullable ClassLoader loader) {
    Iterator<TransportProvider> each =
        ServiceLoader.load(TransportProvider.class, loader).iterator();
    boolean more = true;
    int failures = 0;
    while (more && failures < MOST_FAILURES) {
      // A failure is that of one provider; the next step goes on behind it.
      try {
        more = each.hasNext();
        if (more) {
          add(each.next());
        }
      } catch (RuntimeException | ServiceConfigurationError | LinkageError failure) {
        failures++;
        note(failure);
      }
    }
  }

  private void add(TransportProvider provider) {
    if (!seen.add(provider.getClass())) {
      return; // one loader's parent is the other, or they have one in common
    }
    try {
      for (String scheme : provider.schemes()) {
        if (!SCHEME.matcher(scheme).matches()) {
          throw new IllegalArgumentException("\"" + scheme + "\" is no scheme in lower case");
        }
        byScheme.computeIfAbsent(scheme, any -> new ArrayList<>()).add(provider);
      }
    } catch (RuntimeException | Error failure) {
      note(
          new ServiceConfigurationError(
              "schemes() of " + nameOf(provider) + " failed: " + failure, failure));
    }
  }

  private void note(Throwable failure) {
    if (broken.stream().noneMatch(known -> known.toString().equals(failure.toString()))) {
      broken.add(failure);
      LOG.log(Level.WARNING, "a transport provider is broken", failure);
    }
  }

  TransportProvider of(TransportUri uri) {
    List<TransportProvider> providers = byScheme.getOrDefault(uri.scheme(), List.of());
    if (providers.isEmpty()) {
      throw unknown(uri);
    }
    if (providers.size() > 1) {
      throw new BadUriException(
          "several providers have the scheme %s of %s: %s"
              .formatted(
                  uri.scheme(),
                  uri,
                  String.join(
                      ", ", providers.stream().map(TransportProviders::nameOf).sorted().toList())));
    }
    return providers.get(0);
  }

  /** The provider that was meant may be one of the broken ones: they are told too. */
  private IllegalArgumentException unknown(TransportUri uri) {
    StringBuilder message = new StringBuilder();
    message.append("no provider has the scheme ").append(uri.scheme()).append(" of ").append(uri);
    message.append("; there are: ");
    message.append(byScheme.isEmpty() ? "none" : String.join(", ", byScheme.keySet()));
    for (Throwable failure : broken) {
      message.append("; broken: ").append(failure);
    }
    IllegalArgumentException unknown = new BadUriException(message.toString());
    broken.forEach(unknown::addSuppressed);
    return unknown;
  }

  private static String nameOf(TransportProvider provider) {
    return provider.getClass().getName();
  }
}
