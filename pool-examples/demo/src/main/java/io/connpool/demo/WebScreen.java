package io.connpool.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.connpool.ConnectionStats;
import io.connpool.ConnectionStats.State;
import io.connpool.PoolStats;
import io.connpool.net.Endpoint;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * One page on loopback: figures and events go to it as server-sent events, acts come back as POSTs.
 *
 * <p>Only the page itself may act. A request must name this server as its host, so that no foreign
 * name that points to 127.0.0.1 gets in; a POST must carry a token that is known to nobody but who
 * could read the page.
 */
final class WebScreen implements Screen {

  /** Smooth enough for charts of a minute, and little work for a phone. */
  private static final Duration PACE = Duration.ofMillis(500);

  /** How long the script takes when somebody asks for it. */
  private static final Duration SCRIPT = Duration.ofSeconds(40);

  private static final int TOKEN_BYTES = 16;

  private static final String CONTENT_SECURITY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
          + " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  /** The files of the page, and what they are. */
  private static final Map<String, String> FILES =
      Map.of(
          "/", "text/html; charset=utf-8",
          "/page.css", "text/css; charset=utf-8",
          "/page.js", "text/javascript; charset=utf-8",
          "/chart.js", "text/javascript; charset=utf-8");

  private final Stage stage;
  private final String subtitle;
  private final Screen log;
  private final EventStream stream = new EventStream();
  private final String token;
  private final ExecutorService threads;
  private final HttpServer server;
  private final Endpoint endpoint;
  private final Set<String> hosts;

  /** Of the painter only. */
  private Duration lastShown = Duration.ZERO;

  /**
   * Starts to serve.
   *
   * @param port 0 for any free one
   * @param stage where acts are played
   * @param subtitle what the load is, for the page
   * @param log is told the events too
   * @throws IOException if it cannot listen there
   */
  WebScreen(int port, Stage stage, String subtitle, Screen log) throws IOException {
    this.stage = stage;
    this.subtitle = subtitle;
    this.log = log;
    byte[] random = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(random);
    token = HexFormat.of().formatHex(random);
    InetAddress loopback = InetAddress.getLoopbackAddress();
    server = HttpServer.create(new InetSocketAddress(loopback, port), 0);
    endpoint = Endpoint.of(loopback.getHostAddress(), server.getAddress().getPort());
    hosts = Set.of(endpoint.toString(), "localhost:" + endpoint.port());
    threads =
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, "demo-web");
              thread.setDaemon(true);
              return thread;
            });
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  /** Where the page is. */
  URI address() {
    return URI.create("http://" + endpoint + "/");
  }

  // --- requests ---

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String request = exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath();
      String host = exchange.getRequestHeaders().getFirst("Host");
      if (host == null || !hosts.contains(host)) {
        reply(exchange, 403, "text/plain", "this host is not served here");
      } else if (request.equals("GET /events")) {
        streamTo(exchange);
      } else if (request.startsWith("GET ") && FILES.containsKey(request.substring(4))) {
        String path = request.substring(4);
        reply(exchange, 200, FILES.get(path), file(path.equals("/") ? "/index.html" : path));
      } else if (request.equals("POST /act")) {
        act(exchange);
      } else {
        reply(exchange, 404, "text/plain", "there is no " + request);
      }
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  private void streamTo(HttpExchange exchange) throws IOException, InterruptedException {
    headers(exchange, "text/event-stream");
    exchange.sendResponseHeaders(200, 0); // a length that is not known
    stream.copyTo(exchange.getResponseBody());
  }

  private String file(String path) throws IOException {
    try (InputStream in = WebScreen.class.getResourceAsStream("web" + path)) {
      return new String(in.readAllBytes(), UTF_8)
          .replace("{{token}}", token)
          .replace("{{subtitle}}", subtitle);
    }
  }

  /** {@code /act?kill=tcp}, or {@code /act?script}. */
  private void act(HttpExchange exchange) throws IOException {
    String origin = exchange.getRequestHeaders().getFirst("Origin");
    if (!token.equals(exchange.getRequestHeaders().getFirst("X-Demo-Token"))
        || (origin != null && hosts.stream().noneMatch(host -> origin.equals("http://" + host)))) {
      reply(exchange, 403, "text/plain", "only the page of this demo may act");
      return;
    }
    try {
      String query = String.valueOf(exchange.getRequestURI().getQuery());
      if (query.equals("script")) {
        stage.playScript(SCRIPT);
      } else {
        String[] words = query.split("=", 2);
        stage.play(
            words.length == 2 ? words[1] : "", Act.valueOf(words[0].toUpperCase(Locale.ROOT)));
      }
      headers(exchange, "text/plain");
      exchange.sendResponseHeaders(204, -1);
    } catch (IllegalArgumentException mistake) {
      reply(exchange, 400, "text/plain", String.valueOf(mistake.getMessage()));
    }
  }

  private static void reply(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] body = text.getBytes(UTF_8);
    headers(exchange, type);
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }

  private static void headers(HttpExchange exchange, String type) {
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.getResponseHeaders().set("Content-Security-Policy", CONTENT_SECURITY);
    exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
  }

  // --- the screen ---

  @Override
  public Duration pace() {
    return PACE;
  }

  @Override
  public void show(Duration elapsed, List<Lane.Look> lanes) {
    double seconds = Math.max(1, elapsed.minus(lastShown).toMillis()) / 1e3;
    lastShown = elapsed;
    stream.look(
        new Json()
            .add("at", elapsed.toMillis())
            .add("answers", lanes.stream().mapToLong(Lane.Look::answeredSoFar).sum())
            .add("wrong", lanes.stream().mapToLong(Lane.Look::wrong).sum())
            .add("lanes", lanes.stream().map(lane -> json(lane, seconds)).toList()));
  }

  private static Json json(Lane.Look lane, double seconds) {
    PoolStats pool = lane.pool();
    return new Json()
        .add("name", lane.name())
        .add("server", lane.server().name().toLowerCase(Locale.ROOT))
        .add("pid", lane.pid())
        .add("maxActive", lane.config().maxActive())
        .add("connections", lane.connections().stream().map(WebScreen::json).toList())
        .add("total", lane.connections().size())
        .add("idle", count(lane, State.IDLE))
        .add("leased", count(lane, State.LEASED))
        .add("checking", count(lane, State.CHECKING))
        .add("dialing", pool.dialing())
        .add("pending", pool.pending())
        .add("answered", lane.answered().count())
        .add("perSecond", lane.answered().count() / seconds)
        .add("p50", lane.answered().p50Millis())
        .add("p99", lane.answered().p99Millis())
        .add("failed", lane.failed())
        .add("maybeRun", lane.maybeRun());
  }

  /** Counted here, not asked of the pool a moment earlier: the figures are those of the boxes. */
  private static long count(Lane.Look lane, State state) {
    return lane.connections().stream().filter(one -> one.state() == state).count();
  }

  private static Json json(ConnectionStats connection) {
    return new Json()
        .add("number", connection.number())
        .add("state", connection.state().name().toLowerCase(Locale.ROOT))
        .add("leases", connection.leases());
  }

  @Override
  public void announce(Duration elapsed, String event) {
    stream.event(new Json().add("at", elapsed.toMillis()).add("text", event));
    log.announce(elapsed, event);
  }

  /** Tells the pages that this is the end. */
  @Override
  public void close() {
    try {
      stream.end();
    } catch (InterruptedException endNow) {
      Thread.currentThread().interrupt();
    }
    server.stop(0);
    threads.shutdownNow();
    log.close();
  }
}
