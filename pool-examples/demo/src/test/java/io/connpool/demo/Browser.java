package io.connpool.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A headless Chromium, led through chromedriver by the WebDriver protocol. */
final class Browser implements AutoCloseable {
  static final String NOT_INSTALLED = "chromium and chromedriver are not installed";

  private static final Pattern PORT = Pattern.compile("started successfully on port (\\d+)");
  private static final Pattern SESSION = Pattern.compile("\"sessionId\":\"([^\"]+)\"");
  private static final Pattern TEXT =
      Pattern.compile("\"value\":\"([^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+)\"");

  /** Nothing but the page is looked for; otherwise it would try to reach its maker. */
  private static final List<String> ARGUMENTS =
      List.of(
          "--headless=new",
          "--no-sandbox",
          "--disable-gpu",
          "--disable-quic",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
          "--hide-scrollbars",
          "--window-size=1360,1000");

  private final HttpClient http = HttpClient.newHttpClient();
  private final Process driver;
  private final URI server;
  private final String session;

  Browser() throws IOException, InterruptedException {
    driver = new ProcessBuilder("chromedriver", "--port=0").redirectErrorStream(true).start();
    try {
      server = URI.create("http://127.0.0.1:" + port(driver.inputReader()) + "/");
      String arguments = String.join("\",\"", ARGUMENTS);
      String created =
          send(
              "POST",
              "session",
              """
              {"capabilities":{"alwaysMatch":{
                "goog:loggingPrefs":{"browser":"ALL"},
                "goog:chromeOptions":{"args":["%s"]}}}}
              """
                  .formatted(arguments));
      session = "session/" + first(SESSION, created);
    } catch (Throwable failure) {
      endDriver();
      throw failure;
    }
  }

  /** For {@code @EnabledIf}. Whether they are there, and all that they need with them. */
  static boolean isInstalled() throws InterruptedException {
    return starts("chromedriver") && starts("chromium");
  }

  private static boolean starts(String program) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(program, "--version")
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor() == 0;
    } catch (IOException notThere) {
      return false;
    }
  }

  private static String port(BufferedReader output) throws IOException {
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      Matcher port = PORT.matcher(line);
      if (port.find()) {
        return port.group(1);
      }
    }
    throw new IOException("chromedriver did not start");
  }

  void open(URI page) throws IOException, InterruptedException {
    String unused = send("POST", session + "/url", "{\"url\":\"" + page + "\"}");
  }

  /** The value of an expression, as text. */
  String ask(String expression) throws IOException, InterruptedException {
    String script = quoted("return String(" + expression + ")");
    String answer =
        send("POST", session + "/execute/sync", "{\"script\":" + script + ",\"args\":[]}");
    return first(TEXT, answer).replace("\\\"", "\"").replace("\\\\", "\\");
  }

  /** Presses a button. */
  void click(String selector) throws IOException, InterruptedException {
    String unused = ask("document.querySelector('" + selector + "').click()");
  }

  /** What the page and the browser had to complain about since this was last asked. */
  String complaints() throws IOException, InterruptedException {
    return send("POST", session + "/se/log", "{\"type\":\"browser\"}");
  }

  /** A command of Chromium's own protocol. */
  String command(String name, String parameters) throws IOException, InterruptedException {
    return send(
        "POST",
        session + "/goog/cdp/execute",
        "{\"cmd\":\"%s\",\"params\":%s}".formatted(name, parameters));
  }

  void screenshot(Path file) throws IOException, InterruptedException {
    String taken = send("GET", session + "/screenshot", "");
    Files.write(file, Base64.getDecoder().decode(first(TEXT, taken)));
  }

  private String send(String method, String path, String body)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(server.resolve(path))
            .timeout(Duration.ofSeconds(60))
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> response = http.send(request, BodyHandlers.ofString(UTF_8));
    if (response.statusCode() != 200) {
      throw new IOException(method + " " + path + ": " + response.body());
    }
    return response.body();
  }

  private static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }

  private static String first(Pattern pattern, String text) throws IOException {
    Matcher found = pattern.matcher(text);
    if (!found.find()) {
      throw new IOException("no " + pattern + " in " + text);
    }
    return found.group(1);
  }

  @Override
  public void close() throws IOException, InterruptedException {
    try {
      String unused = send("DELETE", session, "");
    } finally {
      endDriver();
    }
  }

  private void endDriver() {
    driver.descendants().forEach(ProcessHandle::destroyForcibly);
    driver.destroyForcibly();
  }
}
