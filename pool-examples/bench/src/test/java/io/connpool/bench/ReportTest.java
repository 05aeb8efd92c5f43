package io.connpool.bench;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.bench.harness.JsonLine;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class ReportTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  @TempDir Path folder;

  private int run(String... arguments) {
    return Bench.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  private static Document parsed(Path svg) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(Files.readString(svg))));
  }

  private static List<JsonLine> lines(Path json) throws IOException {
    return Files.readAllLines(json).stream()
        .filter(line -> line.startsWith("{"))
        .map(line -> JsonLine.parse(line.replaceFirst(",$", "")))
        .toList();
  }

  @Test
  void aReportMeasuresWritesAndCanBeDrawnAnew() throws Exception {
    Path measured = folder.resolve("measured");
    Path drawn = folder.resolve("drawn");
    String[] command = {
      "report",
      "--only",
      "acquire",
      "--rows",
      "free/2|waits-paced",
      "--peers",
      "connpool,array-blocking-queue",
      "--forks",
      "1",
      "--warm-up",
      "0.02",
      "--seconds",
      "0.05",
      "--out",
      measured.toString()
    };

    int exitCode = run(command);
    assertEquals(0, exitCode, out.toString() + err);
    int drawing = run("report", "--from", measured + "/results.json", "--out", drawn.toString());
    assertEquals(0, drawing, out.toString() + err);

    List<JsonLine> results = lines(measured.resolve("results.json"));
    Document chart = parsed(measured.resolve("acquire.svg"));
    String text = chart.getDocumentElement().getTextContent();
    assertAll(
        err.toString(),
        () -> assertEquals(5, results.size(), "the run, and two peers in two rows"),
        () ->
            assertEquals("bench.jar " + String.join(" ", command), results.get(0).text("command")),
        () -> assertEquals(1 + 4, chart.getElementsByTagName("rect").getLength()),
        () -> assertTrue(text.contains("free/2") && text.contains("less is better")),
        () -> assertTrue(text.contains("jdk: ") && text.contains("processor: ")),
        () -> assertTrue(text.contains("HikariCP 7") && !text.contains("${")),
        () -> assertTrue(err.toString().contains("[4/4, ") && err.toString().contains("#-")),
        () -> assertEquals(5, Files.readAllLines(measured.resolve("results.csv")).size()));
    for (String file : List.of("results.json", "results.csv", "acquire.svg")) {
      assertEquals(
          Files.readString(measured.resolve(file)), Files.readString(drawn.resolve(file)), file);
    }
  }

  @Test
  void theLongestBarOfEachRowHasTheFullLength() throws Exception {
    Path json = folder.resolve("results.json");
    Files.writeString(
        json,
        """
        [
        {"bench":"run","jdk":"a <b> & \\"c\\""},
        {"bench":"acquire","peer":"connpool","ops_per_s":4000000,"row":"free/1","fork":1},
        {"bench":"acquire","peer":"vibur","ops_per_s":1000000,"timeouts":3,"row":"free/1","fork":1}
        ]
        """);

    assertEquals(0, run("report", "--from", json.toString(), "--out", folder.toString()));

    Document chart = parsed(folder.resolve("acquire.svg"));
    String text = chart.getDocumentElement().getTextContent();
    assertAll(
        () -> assertEquals("480.0", width(chart, 1)),
        () -> assertEquals("120.0", width(chart, 2)),
        () -> assertTrue(text.contains("1.0 M/s (4.00x) !"), text),
        () -> assertTrue(text.contains("jdk: a <b> & \"c\""), text));
  }

  private static String width(Document chart, int rectangle) {
    return chart
        .getElementsByTagName("rect")
        .item(rectangle)
        .getAttributes()
        .getNamedItem("width")
        .getNodeValue();
  }

  @Test
  void whatCannotBeReportedIsNamed() throws IOException {
    Path other = Files.writeString(folder.resolve("other.json"), "[\n{\"bench\":\"acquire\"}\n]\n");

    assertEquals(2, run("report", "--only", "jdbc"));
    assertEquals(2, run("report", "--from", other.toString()));

    assertTrue(
        err.toString().contains("no comparison 'jdbc'; there are [acquire, tcp, mux, thrift]"));
    assertTrue(err.toString().contains("does not begin as a report's results do"));
  }
}
