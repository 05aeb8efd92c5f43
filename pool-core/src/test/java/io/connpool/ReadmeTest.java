package io.connpool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The README says the truth: its snippet compiles, its table is complete, its commands stand first.
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
    Set<String> listed =
        Files.readAllLines(README).stream()
            .dropWhile(line -> !line.equals("## Settings"))
            .takeWhile(line -> !line.equals("## Figures"))
            .filter(line -> line.startsWith("| `"))
            .map(line -> line.substring(3, line.indexOf('`', 3)))
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> settings =
        Arrays.stream(PoolBuilder.class.getMethods())
            .filter(method -> method.getReturnType() == PoolBuilder.class)
            .filter(method -> !Modifier.isStatic(method.getModifiers()))
            .map(Method::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(settings, listed);
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
