package io.connpool.testkit;

import static java.util.stream.Collectors.groupingBy;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * A page that says which test shows what, as {@code `OutageTest`} or {@code
 * `OutageTest.aSentence`}; contracts count by their own names.
 */
public final class TestPage {
  private static final Pattern NAME = Pattern.compile("`(\\w+(?:Test|Contract))(?:\\.(\\w+))?`");
  private static final Path SOURCES = Path.of("src", "test", "java");

  private final String text;

  private TestPage(String text) {
    this.text = text;
  }

  /** A page of the module whose tests run. */
  public static TestPage read(Path page) throws IOException {
    return new TestPage(Files.readString(page));
  }

  /** The page itself. */
  public String text() {
    return text;
  }

  /** Whether a part of such a page names a test at all. */
  public static boolean namesATest(String part) {
    return NAME.matcher(part).find();
  }

  /** How many tests are named. */
  public long named() {
    return NAME.matcher(text).results().count();
  }

  /** What is named and is not there. */
  public List<String> missing() throws IOException, ClassNotFoundException {
    Map<String, List<String>> classes = classes();
    List<String> missing = new ArrayList<>();
    Matcher named = NAME.matcher(text);
    while (named.find()) {
      List<String> owners = classes.getOrDefault(named.group(1), List.of());
      String method = named.group(2);
      boolean found = method == null && !owners.isEmpty();
      for (String owner : owners) {
        found |= hasTest(Class.forName(owner), method);
      }
      if (!found) {
        missing.add(named.group());
      }
    }
    return missing;
  }

  /** The classes of the module's tests, by their simple names. */
  private static Map<String, List<String>> classes() throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES)) {
      return files
          .map(file -> SOURCES.relativize(file).toString())
          .filter(file -> file.endsWith(".java"))
          .map(
              file ->
                  file.substring(0, file.length() - ".java".length()).replaceAll("[/\\\\]", "."))
          .collect(groupingBy(name -> name.substring(name.lastIndexOf('.') + 1)));
    }
  }

  /** Its own, one that it inherits, or one of a class nested in it. */
  private static boolean hasTest(Class<?> owner, String name) {
    Class<?> parent = owner.getSuperclass();
    return Arrays.stream(owner.getDeclaredMethods())
            .anyMatch(method -> method.getName().equals(name) && isTest(method))
        || (parent != null && hasTest(parent, name))
        || Arrays.stream(owner.getDeclaredClasses())
            .anyMatch(nested -> nested.isAnnotationPresent(Nested.class) && hasTest(nested, name));
  }

  private static boolean isTest(Method method) {
    return method.isAnnotationPresent(Test.class)
        || method.isAnnotationPresent(ParameterizedTest.class)
        || method.isAnnotationPresent(TestFactory.class);
  }
}
