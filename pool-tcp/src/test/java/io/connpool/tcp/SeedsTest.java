package io.connpool.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** What docs/seeds.md says is tested is tested. */
class SeedsTest {
  private static final Path PAGE = Path.of("docs", "seeds.md");
  private static final Pattern ROW = Pattern.compile("\\| ([GPQ])-(\\d\\d) \\| .*\\| (.*) \\|");
  private static final Pattern NAME = Pattern.compile("`(\\w+)\\.(\\w+)`");
  private static final List<String> PACKAGES = List.of("tcp", "persistent", "testkit");

  @Test
  void everyItemHasARowWithItsTestsAndEachOfThemExists() throws IOException {
    Set<String> missing = new TreeSet<>(allItems());
    List<String> wrong = new ArrayList<>();
    for (String line : Files.readAllLines(PAGE)) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        String prefix = row.group(1).toLowerCase() + row.group(2) + "_";
        Matcher named = NAME.matcher(row.group(3));
        while (named.find()) {
          if (named.group(2).startsWith(prefix) && isTest(named.group(1), named.group(2))) {
            missing.remove(row.group(1) + "-" + row.group(2));
          } else {
            wrong.add(named.group());
          }
        }
      }
    }
    assertEquals(List.of(), wrong, "no test of that item");
    assertEquals(Set.of(), missing, "no test at all");
  }

  /** The numbers are those of the study; it has gaps. */
  private static Set<String> allItems() {
    Set<String> all = new TreeSet<>();
    addAll(all, "G", 1, 12);
    addAll(all, "G", 20, 35);
    addAll(all, "G", 40, 48);
    addAll(all, "G", 50, 54);
    addAll(all, "P", 1, 20);
    addAll(all, "Q", 1, 12);
    return all;
  }

  private static void addAll(Set<String> items, String letter, int first, int last) {
    for (int i = first; i <= last; i++) {
      items.add("%s-%02d".formatted(letter, i));
    }
  }

  private static boolean isTest(String owner, String method) {
    return PACKAGES.stream()
        .flatMap(each -> methodsOf("io.connpool." + each + "." + owner))
        .anyMatch(
            each ->
                each.getName().equals(method)
                    && (each.isAnnotationPresent(Test.class)
                        || each.isAnnotationPresent(ParameterizedTest.class)));
  }

  private static Stream<Method> methodsOf(String name) {
    try {
      Class<?> owner = Class.forName(name);
      return Stream.concat(Stream.of(owner), Arrays.stream(owner.getDeclaredClasses()))
          .flatMap(each -> Arrays.stream(each.getDeclaredMethods()));
    } catch (ClassNotFoundException inAnotherPackage) {
      return Stream.empty();
    }
  }

  /** Whoever names a test by an item says so on the page. */
  @Test
  void everyTestThatIsNamedByAnItemIsOnThePage() throws IOException {
    String page = Files.readString(PAGE);
    Pattern test = Pattern.compile("void ([gpq]\\d\\d_\\w+)\\(");
    List<String> forgotten = new ArrayList<>();
    int count = 0;
    try (Stream<Path> sources = Files.walk(Path.of("src", "test", "java"))) {
      for (Path source : sources.filter(Files::isRegularFile).toList()) {
        Matcher named = test.matcher(Files.readString(source));
        while (named.find()) {
          count++;
          if (!page.contains("." + named.group(1) + "`")) {
            forgotten.add(source.getFileName() + ": " + named.group(1));
          }
        }
      }
    }
    assertEquals(List.of(), forgotten);
    assertTrue(count > 60, "the sources have been read");
  }
}
