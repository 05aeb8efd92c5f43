package io.connpool.mux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.testkit.TestPage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What docs/mux-cases.md says is tested is tested. */
class MuxCasesTest {
  private static final Path PAGE = Path.of("docs", "mux-cases.md");

  @Test
  void everyTestThatIsNamedExists() throws Exception {
    TestPage page = TestPage.read(PAGE);

    assertEquals(List.of(), page.missing());
    assertTrue(page.named() > 40, "the page has been read");
  }

  @Test
  void everyCaseHasARow() throws IOException {
    Set<String> wanted = new TreeSet<>();
    for (int i = 1; i <= 17; i++) {
      wanted.add("M-%02d".formatted(i));
    }
    String page = TestPage.read(PAGE).text();
    wanted.removeIf(page::contains);
    for (int i = 1; i <= 10; i++) {
      if (!page.contains("\n| " + i + " | ")) {
        wanted.add("defect " + i);
      }
    }
    assertEquals(Set.of(), wanted);
  }
}
