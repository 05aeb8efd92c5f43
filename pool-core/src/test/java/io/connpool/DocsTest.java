package io.connpool;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the pages show is code that is compiled and run elsewhere. */
class DocsTest {
  private static final Pattern SNIPPET = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @Test
  void everySnippetOfWritingATransportIsPartOfAnExample() throws IOException {
    String examples = sources(Path.of("..", "pool-examples"));
    Matcher snippets = SNIPPET.matcher(Files.readString(Path.of("docs", "writing-a-transport.md")));
    int found = 0;
    while (snippets.find()) {
      String snippet = unindented(snippets.group(1));
      assertTrue(examples.contains(snippet), () -> "not in any example:\n" + snippet);
      found++;
    }
    assertEquals(5, found);
  }

  private static String sources(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> file.toString().contains("/src/") && file.toString().endsWith(".java"))
          .map(DocsTest::read)
          .collect(joining("\n"));
    }
  }

  private static String read(Path file) {
    try {
      return unindented(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String unindented(String text) {
    List<String> lines = text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    return String.join("\n", lines);
  }
}
