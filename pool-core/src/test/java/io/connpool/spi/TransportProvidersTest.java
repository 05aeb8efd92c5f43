package io.connpool.spi;

import static io.connpool.spi.SomeProviders.open;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.connpool.ConnPool;
import io.connpool.PoolException;
import io.connpool.spi.SomeProviders.Told;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Finding a provider, and what happens if there is none, or too many, or it is broken. */
@Timeout(60)
final class TransportProvidersTest {
  @TempDir Path folder;

  @Test
  void aPoolIsOpenedByTheSchemeOfItsUri() throws Exception {
    try (Services services =
            Services.of(folder, SomeProviders.Good.class, SomeProviders.Other.class);
        ConnPool<Told> pool = open("good://a:1?greeting=hi&maxActive=3")) {
      assertEquals("a:1 hi", pool.call(told -> told.text));
      assertEquals(3, pool.effectiveConfig().maxActive());
    }
  }

  @Test
  void aSchemeMayBeWrittenInUpperCase() throws Exception {
    try (Services services = Services.of(folder, SomeProviders.Good.class);
        ConnPool<Told> pool = open("GOOD://a:1")) {
      assertEquals("a:1 hello", pool.call(told -> told.text));
    }
  }

  @Test
  void aBuilderFromAUriMayBeRefined() throws Exception {
    try (Services services = Services.of(folder, SomeProviders.Good.class);
        ConnPool<Told> pool =
            ConnPool.builder(URI.create("good://a:1?maxActive=3&minIdle=1"), Told.class)
                .maxActive(5)
                .build()) {
      assertEquals(5, pool.effectiveConfig().maxActive());
      assertEquals(1, pool.effectiveConfig().minIdle());
    }
  }

  @Test
  void connectionsMayBeAskedForByATypeAboveTheirs() throws Exception {
    try (Services services = Services.of(folder, SomeProviders.Good.class);
        ConnPool<AutoCloseable> pool =
            ConnPool.open(URI.create("good://a:1"), AutoCloseable.class)) {
      assertInstanceOf(Told.class, pool.call(connection -> connection));
    }
  }

  @Test
  void connectionsOfAnotherTypeAreAnError() throws Exception {
    try (Services services = Services.of(folder, SomeProviders.Good.class)) {
      String message = messageOf(() -> ConnPool.open(URI.create("good://a:1"), String.class));

      assertEquals(
          "good://a:1: connections are of " + Told.class.getName() + ", not of java.lang.String",
          message);
    }
  }

  @Test
  void anUnknownSchemeIsAnErrorThatListsWhatThereIs() throws Exception {
    try (Services services =
        Services.of(folder, SomeProviders.Good.class, SomeProviders.Other.class)) {
      assertEquals(
          "no provider has the scheme bad of bad://a:1; there are: good, mux, mux+tls, mux+unix, other",
          messageOf(() -> open("bad://a:1")));
    }
  }

  @Test
  void soItIsIfThereIsNoneButOurs() throws Exception {
    try (Services services = Services.of(folder)) {
      assertEquals(
          "no provider has the scheme bad of bad://a:1; there are: mux, mux+tls, mux+unix",
          messageOf(() -> open("bad://a:1")));
    }
  }

  @Test
  void twoProvidersOfOneSchemeAreAnErrorThatNamesBothAndHarmsNoOtherScheme() throws Exception {
    try (Services services =
        Services.of(
            folder,
            SomeProviders.Good.class,
            SomeProviders.Rival.class,
            SomeProviders.Other.class)) {
      assertEquals(
          "several providers have the scheme good of good://a:1: "
              + SomeProviders.Good.class.getName()
              + ", "
              + SomeProviders.Rival.class.getName(),
          messageOf(() -> open("good://a:1")));
      open("other://a:1").close();
    }
  }

  @Test
  void oneThatIsFoundByTwoClassLoadersIsOneAndBrokenOnce() throws Exception {
    try (Services services =
            Services.of(folder, SomeProviders.Good.class, SomeProviders.Unconstructible.class);
        URLClassLoader child =
            new URLClassLoader(new URL[0], Thread.currentThread().getContextClassLoader())) {
      TransportProviders found = TransportProviders.foundBy(child, child.getParent());

      assertInstanceOf(
          SomeProviders.Good.class, found.of(TransportUri.of(URI.create("good://a:1"))));
      String message = messageOf(() -> found.of(TransportUri.of(URI.create("bad://a:1"))));
      assertEquals(message.indexOf("; broken: "), message.lastIndexOf("; broken: "), message);
    }
  }

  /** What is registered, and what the error must name. */
  static Stream<Arguments> brokenOnes() {
    return Stream.of(
        broken(SomeProviders.StaticallyBroken.class, "StaticallyBroken"),
        broken(SomeProviders.Unconstructible.class, "Unconstructible"),
        broken(SomeProviders.Private.class, "Private"),
        broken(SomeProviders.Schemeless.class, "which schemes?"),
        broken(SomeProviders.UpperCase.class, "\"UPPER\" is no scheme"),
        broken(SomeProviders.Imposter.class, "Imposter"),
        arguments("com.example.Missing", "com.example.Missing"),
        arguments("not a class name", "META-INF/services"));
  }

  private static Arguments broken(Class<?> provider, String named) {
    return arguments(provider.getName(), named);
  }

  @ParameterizedTest
  @MethodSource("brokenOnes")
  void aBrokenProviderIsNamedByTheErrorOfASchemeThatIsMissing(String line, String named)
      throws Exception {
    try (Services services = Services.of(folder, line)) {
      for (int time = 0; time < 2; time++) { // a class that failed to initialize fails otherwise
        String message = messageOf(() -> open("wanted://a:1"));
        assertTrue(message.startsWith("no provider has the scheme wanted"), message);
        assertTrue(message.contains("; broken: ") && message.contains(named), message);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("brokenOnes")
  void aBrokenProviderHarmsNoOther(String line, String named) throws Exception {
    String good = SomeProviders.Good.class.getName();
    boolean spoilsItsFile = line.contains(" ");
    String lines = spoilsItsFile ? good : line + "\n" + good;
    try (Services services = Services.of(folder, lines);
        ConnPool<Told> pool = open("good://a:1")) {
      assertEquals("a:1 hello", pool.call(told -> told.text));
    }
  }

  /** Of this failure ServiceLoader says nothing by itself: it is no ServiceConfigurationError. */
  @Test
  void aProviderOfWhichAPartIsMissingIsToldToo() throws Exception {
    Path source = folder.resolve("Orphan.java");
    Files.writeString(
        source,
        "class Lost {} public class Orphan extends Lost implements io.connpool.spi.TransportProvider"
            + "{ public java.util.Set<String> schemes() { return java.util.Set.of(\"orphan\"); }"
            + " public <C> io.connpool.Transport<C> create("
            + "   io.connpool.spi.TransportUri uri, Class<C> type) { return null; } }");
    String classPath = System.getProperty("java.class.path");
    assertEquals(
        0,
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-proc:none", "-cp", classPath, source.toString()));
    Files.delete(folder.resolve("Lost.class"));

    try (Services services = Services.of(folder, "Orphan\n" + SomeProviders.Good.class.getName())) {
      String message = messageOf(() -> open("orphan://a:1"));
      assertTrue(message.contains("broken: java.lang.NoClassDefFoundError: Lost"), message);
      open("good://a:1").close();
    }
  }

  /**
   * As of an application that has been stopped: it fails for ever, before any provider is found.
   */
  @Test
  void aClassLoaderThatCannotBeAskedIsToldAndHidesNoOther() {
    for (Exception failure : List.of(new IOException("gone"), new IllegalStateException("gone"))) {
      ClassLoader broken = new Unaskable(failure);

      TransportProviders found =
          TransportProviders.foundBy(broken, TransportProvider.class.getClassLoader());

      String message = messageOf(() -> found.of(TransportUri.of(URI.create("bad://a:1"))));
      assertTrue(message.contains("there are: mux, mux+tls, mux+unix; broken: "), message);
      assertEquals(message.indexOf("; broken: "), message.lastIndexOf("; broken: "), message);
    }
  }

  /** Finds no resource. */
  private static final class Unaskable extends ClassLoader {
    private final Exception failure;

    Unaskable(Exception failure) {
      super(null);
      this.failure = failure;
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
      if (failure instanceof IOException io) {
        throw io;
      }
      throw (RuntimeException) failure;
    }
  }

  @Test
  void aProviderThatFailsIsNamed() throws Exception {
    try (Services services = Services.of(folder, SomeProviders.Failing.class)) {
      PoolException failure = assertThrows(PoolException.class, () -> open("failing://a:1"));

      assertEquals(
          "provider "
              + SomeProviders.Failing.class.getName()
              + " failed for failing://a:1: java.lang.NoClassDefFoundError: com/example/Missing",
          failure.getMessage());
      assertInstanceOf(NoClassDefFoundError.class, failure.getCause());
    }
  }

  @Test
  void soIsOneThatMakesNothing() throws Exception {
    try (Services services = Services.of(folder, SomeProviders.Null.class)) {
      PoolException failure = assertThrows(PoolException.class, () -> open("null://a:1"));

      assertTrue(failure.getMessage().contains("create returned null"), failure::getMessage);
    }
  }

  @Test
  void whatNobodyKnowsIsAnErrorThatListsTheOptionsOfTheTransportAndOfThePool() throws IOException {
    try (Services services = Services.of(folder, SomeProviders.Good.class)) {
      String message = messageOf(() -> open("good://a:1?maxActve=3&color=red"));

      assertTrue(
          message.startsWith("unknown options maxActve, color of good://a:1; there are: "),
          message);
      for (String option :
          Arrays.asList("greeting (text)", "maxActive (number)", "acquireTimeout (duration)")) {
        assertTrue(message.contains(option), message);
      }
    }
  }

  private static String messageOf(Executable bad) {
    return assertThrows(IllegalArgumentException.class, bad).getMessage();
  }
}
