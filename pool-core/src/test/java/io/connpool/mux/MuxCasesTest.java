package io.connpool.mux;

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

/** What docs/mux-cases.md says is tested is tested. */
class MuxCasesTest {
  private static final Path PAGE = Path.of("docs", "mux-cases.md");
  private static final Pattern NAME = Pattern.compile("`(\\w+Test|MuxContract)(?:\\.(\\w+))?`");

  @Test
  void everyTestThatIsNamedExists() throws Exception {
    List<String> missing = new ArrayList<>();
    Matcher named = NAME.matcher(Files.readString(PAGE));
    int count = 0;
    while (named.find()) {
      count++;
      Class<?> owner = Class.forName("io.connpool.mux." + named.group(1));
      String method = named.group(2);
      if (method != null
          && methodsOf(owner).noneMatch(each -> each.getName().equals(method) && isTest(each))) {
        missing.add(named.group());
      }
    }
    assertEquals(List.of(), missing);
    assertTrue(count > 40, "the page has been read");
  }

  /** Its own and those it inherits. */
  private static Stream<Method> methodsOf(Class<?> owner) {
    Stream<Method> own = Arrays.stream(owner.getDeclaredMethods());
    Class<?> parent = owner.getSuperclass();
    return parent == null ? own : Stream.concat(own, methodsOf(parent));
  }

  private static boolean isTest(Method method) {
    return method.isAnnotationPresent(Test.class)
        || method.isAnnotationPresent(ParameterizedTest.class);
  }

  @Test
  void everyCaseHasARow() throws IOException {
    Set<String> wanted = new TreeSet<>();
    for (int i = 1; i <= 17; i++) {
      wanted.add("M-%02d".formatted(i));
    }
    String page = Files.readString(PAGE);
    wanted.removeIf(page::contains);
    for (int i = 1; i <= 10; i++) {
      if (!page.contains("\n| " + i + " | ")) {
        wanted.add("defect " + i);
      }
    }
    assertEquals(Set.of(), wanted);
  }
}
