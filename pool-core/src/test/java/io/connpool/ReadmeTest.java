package io.connpool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.net.ConnectException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The README says the truth: its snippet compiles, its table is complete and tells the defaults,
 * its commands stand first.
 */
class ReadmeTest {
  private static final Path README = Path.of("..", "README.md");

  @Test
  void theSnippetCompiles(@TempDir Path classes) throws IOException {
    Matcher snippet =
        Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(README));
    assertTrue(snippet.find(), "a snippet");
    String program =
        """
        import io.connpool.*;
        import java.io.IOException;
        import java.net.Socket;
        import java.time.Duration;
        abstract class Snippet {
          abstract void ping(Socket socket, Duration limit) throws IOException;
          abstract String ask(Socket socket) throws IOException;
          abstract void use(Socket socket) throws IOException;
          void readme() throws Exception {
        """
            + snippet.group(1)
            + "}}";
    StringWriter complaints = new StringWriter();
    boolean compiled =
        ToolProvider.getSystemJavaCompiler()
            .getTask(
                complaints,
                null,
                null,
                List.of(
                    "-proc:none",
                    "-d",
                    classes.toString(),
                    "-cp",
                    System.getProperty("java.class.path")),
                null,
                List.of(source(program)))
            .call();
    assertTrue(compiled, complaints::toString);
  }

  private static JavaFileObject source(String text) {
    return new SimpleJavaFileObject(
        URI.create("string:///Snippet.java"), JavaFileObject.Kind.SOURCE) {
      @Override
      public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return text;
      }
    };
  }

  @Test
  void theTableListsEverySettingAndNoOther() throws IOException {
    Set<String> settings =
        Arrays.stream(PoolBuilder.class.getMethods())
            .filter(method -> method.getReturnType() == PoolBuilder.class)
            .filter(method -> !Modifier.isStatic(method.getModifiers()))
            .map(Method::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(settings, defaults().keySet());
  }

  @Test
  void theTableTellsTheDefaults() throws Exception {
    PoolConfig pool = effectiveConfig(builder -> builder);
    for (RecordComponent component : PoolConfig.class.getRecordComponents()) {
      String setting = component.getName().replace("attributes", "attribute");
      if (!setting.equals("hardMax")) { // a pool that waits has none
        Object value = component.getAccessor().invoke(pool);
        assertEquals(value, meaning(defaults().get(setting), pool), setting);
      }
    }
  }

  @Test
  void theTableTellsWhichDefaultsFollowOtherSettings() throws IOException {
    PoolConfig pool =
        effectiveConfig(
            builder -> builder.maxActive(7).minIdle(3).whenExhausted(WhenExhausted.OVERFLOW));
    assertEquals(pool.maxIdle(), meaning(defaults().get("maxIdle"), pool));
    assertEquals(pool.hardMax(), meaning(defaults().get("hardMax"), pool));
  }

  /** The first two columns of the table. */
  private static SortedMap<String, String> defaults() throws IOException {
    return Files.readAllLines(README).stream()
        .dropWhile(line -> !line.equals("## Settings"))
        .takeWhile(line -> !line.equals("## Figures"))
        .filter(line -> line.startsWith("| `"))
        .map(line -> line.replace("`", "").split(" *\\| *"))
        .collect(
            Collectors.toMap(
                cells -> cells[1],
                cells -> cells[2],
                (one, twice) -> one + " and " + twice,
                TreeMap::new));
  }

  private static PoolConfig effectiveConfig(UnaryOperator<PoolBuilder<Socket>> settings) {
    PoolBuilder<Socket> dialOnly =
        ConnPool.builder(
            context -> {
              throw new ConnectException("nobody is there");
            });
    try (ConnPool<Socket> pool = settings.apply(dialOnly).build()) {
      return pool.effectiveConfig();
    }
  }

  /** What a default comes to in this pool. */
  private static Object meaning(String text, PoolConfig pool) {
    Matcher amount = Pattern.compile("(\\d+)( s| min|)").matcher(text);
    if (amount.matches()) {
      int number = Integer.parseInt(amount.group(1));
      return switch (amount.group(2)) {
        case " s" -> Duration.ofSeconds(number);
        case " min" -> Duration.ofMinutes(number);
        default -> number;
      };
    }
    return switch (text) {
      case "none" -> Map.of();
      case "no limit", "never" -> 0;
      case "off" -> Duration.ZERO;
      case "false" -> false;
      case "minIdle" -> pool.minIdle();
      case "2 x maxActive" -> 2 * pool.maxActive();
      case "WAIT" -> WhenExhausted.WAIT;
      default -> text;
    };
  }

  @Test
  void theDemoAndTheTestsAreTheFirstTwoCommands() throws IOException {
    List<String> commands =
        Files.readAllLines(README).stream()
            .map(String::strip)
            .filter(line -> line.startsWith("mvn") || line.startsWith("./"))
            .toList();
    assertEquals(List.of("mvn -q -Pdemo", "mvn -B verify"), commands.subList(0, 2));
  }
}
