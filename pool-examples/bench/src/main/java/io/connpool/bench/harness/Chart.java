package io.connpool.bench.harness;

import java.util.List;
import java.util.Locale;

/**
 * The results of one comparison as an SVG: for each row a bar for each peer, ours first. Figures of
 * different rows differ a thousandfold, so the longest bar of each row has the full length.
 */
final class Chart {
  private static final int WIDTH = 860;
  private static final int NAMES = 170;
  private static final int BARS = 480;
  private static final int BAR = 16;
  private static final int LINE = 20;
  private static final int MARGIN = 20;

  /** Readable on a light page and on a dark one. */
  private static final String STYLE =
      """
      text { font: 13px system-ui, sans-serif; fill: #1f2328 }
      .title { font-size: 18px; font-weight: 600 }
      .row { font-weight: 600 }
      .small { font-size: 11px; fill: #59636e }
      .page { fill: #ffffff }
      .ours { fill: #0969da }
      .theirs { fill: #afb8c1 }
      @media (prefers-color-scheme: dark) {
        text { fill: #e6edf3 }
        .small { fill: #9198a1 }
        .page { fill: #0d1117 }
        .ours { fill: #4493f8 }
        .theirs { fill: #57606a }
      }
      """;

  private final CompareCommand suite;
  private final Results results;
  private final JsonLine run;
  private final StringBuilder shapes = new StringBuilder();
  private int y = MARGIN;

  Chart(CompareCommand suite, Results results, JsonLine run) {
    this.suite = suite;
    this.results = results;
    this.run = run;
  }

  String svg() {
    y += LINE;
    text(MARGIN, "title", suite.title());
    y += LINE;
    for (Row row : suite.allRows()) {
      List<String> peers =
          suite.presentPeers().stream().filter(peer -> !results.of(row, peer).isEmpty()).toList();
      if (!peers.isEmpty()) {
        draw(row, peers);
      }
    }
    y += LINE / 2;
    footnotes();
    y += MARGIN;
    return """
        <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" role="img" aria-label="%3$s">
        <style>
        %4$s</style>
        <rect class="page" width="%1$d" height="%2$d"/>
        %5$s</svg>
        """
        .formatted(WIDTH, y, escaped(suite.title()), STYLE, shapes);
  }

  private void draw(Row row, List<String> peers) {
    y += LINE + LINE / 2;
    text(MARGIN, "row", row.name());
    String better = row.metric().lessIsBetter() ? ", less is better" : ", more is better";
    text(NAMES, "small", String.join(" ", row.arguments()) + better);
    y += LINE / 4;
    double longest =
        peers.stream().mapToDouble(peer -> results.figure(row, peer)).max().orElse(Double.NaN);
    for (String peer : peers) {
      y += LINE;
      double figure = results.figure(row, peer);
      double length = longest > 0 ? Math.max(1, BARS * figure / longest) : 1;
      text(MARGIN, "", peer);
      shapes.append(
          String.format(
              Locale.ROOT,
              "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>%n",
              peer.startsWith(Row.Floor.CONNPOOL) ? "ours" : "theirs",
              NAMES,
              y - BAR + 4,
              length,
              BAR));
      text(NAMES + (int) length + 6, "", label(row, peer, figure));
    }
  }

  private String label(Row row, String peer, double figure) {
    double ratio = results.ratio(row, suite.ours(), peer);
    String label = row.metric().format(figure);
    if (!peer.equals(suite.ours()) && !Double.isNaN(ratio)) {
      label += String.format(Locale.ROOT, " (%.2fx)", ratio);
    }
    boolean trouble = false;
    for (String field : List.of("stuck", "timeouts", "failed")) {
      trouble |= results.any(row, peer, field);
    }
    return trouble ? label + " !" : label;
  }

  private void footnotes() {
    note(
        "Medians. In brackets: how many times better %s is, the median over the rounds."
            .formatted(suite.ours()));
    note("! some calls failed or timed out. Each measurement in a JVM of its own; peers in turn.");
    for (String field : List.of("processor", "jdk", "versions", "command", "date")) {
      String value = run.text(field);
      if (value != null) {
        note(field + ": " + value);
      }
    }
  }

  private void note(String text) {
    y += LINE - 4;
    text(MARGIN, "small", text);
  }

  private void text(int x, String style, String text) {
    shapes.append(
        "<text x=\"%d\" y=\"%d\"%s>%s</text>%n"
            .formatted(x, y, style.isEmpty() ? "" : " class=\"" + style + "\"", escaped(text)));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
  }
}
