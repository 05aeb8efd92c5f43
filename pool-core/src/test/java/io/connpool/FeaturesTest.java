package io.connpool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.testkit.TestPage;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What docs/features.md says is tested is tested. */
class FeaturesTest {
  private static final Path PAGE = Path.of("docs", "features.md");

  /** A line of a table, its head and the line below that excluded. */
  private static final Pattern ROW = Pattern.compile("(?m)^\\| (?!row )(.+?) \\|(.*)\\|$");

  @Test
  void everyTestThatIsNamedExists() throws Exception {
    TestPage page = TestPage.read(PAGE);

    assertEquals(List.of(), page.missing());
    assertTrue(page.named() > 130, "the page has been read");
  }

  @Test
  void everyRowNamesATest() throws Exception {
    List<MatchResult> rows = ROW.matcher(TestPage.read(PAGE).text()).results().toList();

    assertEquals(
        List.of(),
        rows.stream()
            .filter(row -> !TestPage.namesATest(row.group(2)))
            .map(row -> row.group(1))
            .toList());
    assertTrue(rows.size() > 70, () -> rows.size() + " rows");
  }
}
