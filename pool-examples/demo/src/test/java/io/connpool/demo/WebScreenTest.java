package io.connpool.demo;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may see the page, and who may act. */
final class WebScreenTest {
  private static final Pattern TOKEN = Pattern.compile("name=\"demo-token\" content=\"(\\w{32})\"");

  private final HttpClient http = HttpClient.newHttpClient();
  private Stage stage;
  private WebScreen screen;

  @BeforeEach
  void open() throws IOException {
    stage = new Stage();
    screen = new WebScreen(0, stage, "4 threads", Screen.dark());
  }

  @AfterEach
  void close() {
    screen.close();
    stage.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "page.css", "page.js", "chart.js"})
  void thePageNeedsNothingFromElsewhere(String file) throws Exception {
    HttpResponse<String> response = get(file);
    assertEquals(200, response.statusCode());
    assertFalse(response.body().contains("https://"), response.body());
    String policy = response.headers().firstValue("Content-Security-Policy").orElseThrow();
    assertTrue(policy.startsWith("default-src 'none'"), policy);
  }

  @Test
  void whatIsNotThereIsNotFound() throws Exception {
    assertEquals(404, get("page.png").statusCode());
    assertEquals(404, get("act?kill=tcp").statusCode());
  }

  @Test
  void onlyWhoHasTheTokenOfThePageMayAct() throws Exception {
    assertEquals(403, post("kill=tcp", "X-Other", "nothing").statusCode());
    assertEquals(403, post("kill=tcp", "X-Demo-Token", "0".repeat(32)).statusCode());

    // Nobody is on stage here, and saying so is as far as an act gets.
    HttpResponse<String> allowed = post("kill=tcp", "X-Demo-Token", token());
    assertEquals(400, allowed.statusCode());
    assertEquals("there is no \"tcp\" on stage, only []", allowed.body());
  }

  @Test
  void anotherPageMayNotActEvenWithTheToken() throws Exception {
    String own = "http://" + screen.address().getAuthority();
    assertEquals(400, post("kill=tcp", "X-Demo-Token", token(), "Origin", own).statusCode());
    assertEquals(
        403, post("kill=tcp", "X-Demo-Token", token(), "Origin", "http://evil").statusCode());
  }

  @Test
  void anotherNameForThisMachineIsNotServed() throws Exception {
    try (Socket socket = new Socket(screen.address().getHost(), screen.address().getPort())) {
      socket
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n".getBytes(ISO_8859_1));
      byte[] begin = socket.getInputStream().readNBytes("HTTP/1.1 403".length());
      assertEquals("HTTP/1.1 403", new String(begin, ISO_8859_1));
    }
  }

  @Test
  void anActThatDoesNotExistIsNamed() throws Exception {
    HttpResponse<String> response = post("explode=tcp", "X-Demo-Token", token());
    assertEquals(400, response.statusCode());
    assertTrue(response.body().contains("EXPLODE"), response.body());
  }

  @Test
  void whoComesLateIsToldWhatHappenedAndAllAreToldOfTheEnd() throws Exception {
    screen.announce(Duration.ofMillis(1500), "a \"quoted\" line\n");
    HttpResponse<InputStream> events =
        http.send(request("events").build(), BodyHandlers.ofInputStream());
    String first =
        """
        event: happened
        data: {"at":1500,"text":"a \\"quoted\\" line\\u000a"}

        """;
    // Only who is being told something hears the farewell.
    byte[] told = events.body().readNBytes(first.length());
    screen.close();

    assertEquals(first, new String(told, ISO_8859_1));
    byte[] rest = events.body().readAllBytes();
    assertEquals("event: bye\ndata: {}\n\n", new String(rest, ISO_8859_1));
  }

  private String token() throws IOException, InterruptedException {
    Matcher token = TOKEN.matcher(get("").body());
    assertTrue(token.find());
    return token.group(1);
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return http.send(request(path).build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String act, String... headers)
      throws IOException, InterruptedException {
    HttpRequest request =
        request("act?" + act).headers(headers).POST(BodyPublishers.noBody()).build();
    return http.send(request, BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String path) {
    URI uri = screen.address().resolve(path);
    return HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(20));
  }
}
