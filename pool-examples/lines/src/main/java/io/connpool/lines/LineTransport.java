package io.connpool.lines;

import io.connpool.CloseReason;
import io.connpool.DialContext;
import io.connpool.Health;
import io.connpool.Transport;
import io.connpool.net.Dialer;
import io.connpool.net.Endpoint;
import io.connpool.net.Probe;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;

public final class LineTransport implements Transport<LineConnection> {
  private final Dialer dialer;
  private final String user;

  public LineTransport(Endpoint endpoint, String user) {
    dialer = Dialer.to(endpoint);
    this.user = user;
  }

  @Override
  public LineConnection dial(DialContext context) throws IOException {
    SocketChannel channel = dialer.connect(context);
    try {
      LineConnection connection = new LineConnection(channel);
      connection.ask("hello " + user, context.remaining());
      return connection;
    } catch (Throwable failure) {
      channel.close(); // nobody else knows that it is open
      throw failure;
    }
  }

  @Override
  public void heartbeat(LineConnection connection, Duration limit) throws IOException {
    connection.ask("ping", limit);
  }

  @Override
  public Health probe(LineConnection connection) {
    return Probe.check(connection.channel());
  }

  @Override
  public void close(LineConnection connection, CloseReason reason) throws IOException {
    connection.close();
  }
}
