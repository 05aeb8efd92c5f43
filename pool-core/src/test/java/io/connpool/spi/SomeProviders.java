package io.connpool.spi;

import io.connpool.ConnPool;
import io.connpool.Transport;
import java.io.StringReader;
import java.net.URI;
import java.util.Optional;
import java.util.Set;

/** Providers as they are found in the wild, most of them broken. */
final class SomeProviders {
  private SomeProviders() {}

  /** Connections that say what they were told. */
  static final class Told extends StringReader {
    final String text;

    Told(String text) {
      super(text);
      this.text = text;
    }
  }

  /** What most providers are like. */
  abstract static class Base implements TransportProvider {
    private final String scheme;

    Base(String scheme) {
      this.scheme = scheme;
    }

    @Override
    public Set<String> schemes() {
      return Set.of(scheme);
    }

    @Override
    public <C> Transport<C> create(TransportUri uri, Class<C> type) {
      String told =
          uri.endpoint() + " " + uri.text("greeting").orElse("hello") + uri.userInfo().orElse("");
      uri.text("token");
      return TransportProvider.offer(context -> new Told(told), Told.class, type);
    }
  }

  /** Works. */
  public static final class Good extends Base {
    public Good() {
      super("good");
    }
  }

  /** Works too, and has another scheme. */
  public static final class Other extends Base {
    public Other() {
      super("other");
    }
  }

  /** Has the scheme of another one. */
  public static final class Rival extends Base {
    public Rival() {
      super("good");
    }
  }

  /** Its class cannot be initialized. */
  public static final class StaticallyBroken extends Base {
    private static final int LENGTH = Optional.<String>empty().orElseThrow().length();

    public StaticallyBroken() {
      super("static" + LENGTH);
    }
  }

  /** Its constructor throws. */
  public static final class Unconstructible extends Base {
    public Unconstructible() {
      super("constructor");
      throw new IllegalStateException("no constructor today");
    }
  }

  /** Its constructor is for friends only. */
  public static final class Private extends Base {
    private Private() {
      super("private");
    }
  }

  /** Does not know its schemes. */
  public static final class Schemeless extends Base {
    public Schemeless() {
      super("schemeless");
    }

    @Override
    public Set<String> schemes() {
      throw new UnsupportedOperationException("which schemes?");
    }
  }

  /** Has a scheme that no URI can ask for. */
  public static final class UpperCase extends Base {
    public UpperCase() {
      super("UPPER");
    }
  }

  /** Makes nothing. */
  public static final class Null extends Base {
    public Null() {
      super("null");
    }

    @Override
    public <C> Transport<C> create(TransportUri uri, Class<C> type) {
      return null;
    }
  }

  /** Fails to make anything. */
  public static final class Failing extends Base {
    public Failing() {
      super("failing");
    }

    @Override
    public <C> Transport<C> create(TransportUri uri, Class<C> type) {
      throw new NoClassDefFoundError("com/example/Missing");
    }
  }

  /** Is no provider at all. */
  public static final class Imposter {}

  static ConnPool<Told> open(String uri) {
    return ConnPool.open(URI.create(uri), Told.class);
  }
}
