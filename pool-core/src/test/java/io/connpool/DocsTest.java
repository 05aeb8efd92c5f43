package io.connpool;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What the pages show is code that is compiled elsewhere, and what they point to exists. */
class DocsTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern SNIPPET = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern LINK = Pattern.compile("]\\(([^)#:]+)(?:#[^)]*)?\\)");

  /** All pages that are kept with the sources. */
  static List<Path> pages() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT, 4)) {
      return files
          .filter(file -> file.toString().endsWith(".md"))
          .filter(file -> !file.toString().contains("/target/"))
          .filter(file -> !file.toString().contains("/.git/"))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everySnippetIsPartOfAnExample(Path page) throws IOException {
    String examples = sources(ROOT.resolve("pool-examples"));
    Matcher snippets = SNIPPET.matcher(Files.readString(page));
    if (page.equals(ROOT.resolve("README.md"))) {
      assertTrue(snippets.find(), "the first one is compiled by ReadmeTest");
    }
    while (snippets.find()) {
      String snippet = unindented(snippets.group(1));
      assertTrue(examples.contains(snippet), () -> "not in any example:\n" + snippet);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "README.md, 4",
    "pool-core/README.md, 4",
    "pool-core/docs/metrics.md, 1",
    "pool-core/docs/migrating.md, 1",
    "pool-core/docs/writing-a-transport.md, 5",
    "pool-tcp/README.md, 2",
    "pool-thrift/README.md, 2"
  })
  void aPageHasItsSnippets(String page, int snippets) throws IOException {
    assertEquals(snippets, SNIPPET.matcher(Files.readString(ROOT.resolve(page))).results().count());
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyLinkBetweenPagesLeadsSomewhere(Path page) throws IOException {
    Set<String> broken =
        LINK.matcher(Files.readString(page))
            .results()
            .map(link -> link.group(1))
            .filter(link -> !Files.exists(page.resolveSibling(link)))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(Set.of(), broken);
  }

  @Test
  void troubleshootingAnswersEveryComplaintOfTheStudyAndNamesATest() throws IOException {
    List<Matcher> rows =
        Files.readAllLines(Path.of("docs", "troubleshooting.md")).stream()
            .map(Pattern.compile("\\| (\\d+) \\|.*\\| `(\\w+)` \\|")::matcher)
            .filter(Matcher::matches)
            .toList();
    assertEquals(
        IntStream.rangeClosed(1, 37).mapToObj(Integer::toString).toList(),
        rows.stream().map(row -> row.group(1)).toList());
    try (Stream<Path> files = Files.walk(Path.of("src", "test", "java"))) {
      Set<String> tests =
          files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
      Set<String> missing =
          rows.stream()
              .map(row -> row.group(2))
              .filter(test -> !tests.contains(test + ".java"))
              .collect(Collectors.toCollection(TreeSet::new));
      assertEquals(Set.of(), missing);
    }
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
