package io.connpool.mux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.connpool.testkit.PoolWorld;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Servers and connections of one test, and afterwards what holds whatever the test was about: every
 * figure that counts something that goes on is back at zero, and no thread is left.
 */
final class MuxWorld implements AfterEachCallback {
  private final Carrier carrier;
  private final List<MuxServer> servers = new ArrayList<>();
  private final List<MuxConnection> connections = new ArrayList<>();

  MuxWorld(Carrier carrier) {
    this.carrier = carrier;
  }

  MuxServer server(MuxHandler handler) throws Exception {
    return server(options -> options, handler);
  }

  MuxServer server(UnaryOperator<MuxOptions.Builder> settings, MuxHandler handler)
      throws Exception {
    MuxServer server =
        carrier.listen(settings.apply(MuxOptions.builder().name("tested")).build(), handler);
    servers.add(server);
    return server;
  }

  MuxConnection connect(MuxServer server) throws Exception {
    return connect(server, options -> options, null);
  }

  MuxConnection connect(
      MuxServer server, UnaryOperator<MuxOptions.Builder> settings, MuxHandler handler)
      throws Exception {
    MuxOptions options = settings.apply(MuxOptions.builder()).build();
    MuxConnection connection = MuxConnection.over(carrier.dial(server), options, handler);
    connections.add(connection);
    return connection;
  }

  MuxConnection over(FrameChannel channel) throws Exception {
    MuxConnection connection = MuxConnection.over(channel, MuxOptions.defaults(), null);
    connections.add(connection);
    return connection;
  }

  /** A client of a server that answers like this. */
  MuxConnection connectTo(MuxHandler handler) throws Exception {
    return connect(server(handler));
  }

  @Override
  public void afterEach(ExtensionContext context) {
    connections.forEach(MuxConnection::close);
    servers.forEach(MuxServer::close);
    if (context.getExecutionException().isEmpty()) {
      for (MuxConnection connection : connections) {
        PoolWorld.eventually(
            () -> "at rest: " + connection.stats(), () -> isAtRest(connection.stats()));
      }
      for (MuxServer server : servers) {
        PoolWorld.eventually(() -> "handling " + server.handling(), () -> server.handling() == 0);
        assertEquals(List.of(), server.connections());
      }
      PoolWorld.eventually(() -> "left: " + threads(), () -> threads().isEmpty());
    }
  }

  private static boolean isAtRest(MuxStats stats) {
    return stats.inFlight() == 0
        && stats.waiting() == 0
        && stats.pendingBytes() == 0
        && stats.handling() == 0;
  }

  /** Those of the I/O loops and carriers; idle workers of Java 17 end seconds later. */
  private static Set<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.endsWith("-io") || name.startsWith("connpool-mux-carrier"))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
