package io.connpool.redis;

import io.connpool.CloseReason;
import io.connpool.DialContext;
import io.connpool.Health;
import io.connpool.Transport;
import io.connpool.Verdict;
import io.connpool.Verdict.Blame;
import io.connpool.Verdict.Fate;
import io.connpool.Verdict.Retry;
import io.connpool.net.Deadline;
import io.connpool.net.Dialer;
import io.connpool.net.Endpoint;
import io.connpool.net.Wire;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** What a pool must know about connections to Redis. */
public final class RedisTransport implements Transport<RedisConnection> {

  /**
   * This server cannot serve for now (it loads its data, became a replica, lost its master), and
   * says so instead of executing the command.
   */
  private static final Set<String> NOT_THIS_SERVER = Set.of("LOADING", "MASTERDOWN", "READONLY");

  private static final Verdict ELSEWHERE = new Verdict(Fate.RETIRE, Retry.NOT_SENT, Blame.ENDPOINT);

  private final Endpoint endpoint;
  private final Dialer dialer;
  private final Login login;
  private final Duration timeout;

  /**
   * A transport to one server.
   *
   * @param endpoint where it is
   * @param login who connects, and to which database
   * @param timeout how long a call may take that has no limit of its own, more than zero
   */
  public RedisTransport(Endpoint endpoint, Login login, Duration timeout) {
    if (timeout.isZero() || timeout.isNegative()) {
      throw new IllegalArgumentException("timeout must be more than zero, was " + timeout);
    }
    this.endpoint = endpoint;
    this.login = login;
    this.timeout = timeout;
    dialer = Dialer.to(endpoint);
  }

  @Override
  public RedisConnection dial(DialContext context) throws IOException {
    Wire wire = Wire.over(dialer.connect(context));
    try {
      RedisConnection connection = new RedisConnection(wire, timeout);
      greet(connection, Deadline.of(context));
      return connection;
    } catch (Throwable failure) {
      wire.abort(); // nobody else knows that it is open
      throw failure;
    }
  }

  /** All in one round trip. */
  private void greet(RedisConnection connection, Deadline deadline) throws IOException {
    List<Command> commands = login.commands();
    List<Reply> replies = connection.exchange(deadline, commands);
    for (int i = 0; i < replies.size(); i++) {
      try {
        replies.get(i).orThrow();
      } catch (RedisException refusal) {
        throw explained(refusal, commands.get(i));
      }
    }
  }

  /**
   * With the first word of the error only: Redis repeats the arguments of commands it does not
   * know, and {@code AUTH} may be renamed or forbidden.
   */
  private RedisException explained(RedisException refusal, Command command) {
    return new RedisException(
        "%s %s refuses %s for %s".formatted(refusal.code(), endpoint, command.name(), login));
  }

  @Override
  public void heartbeat(RedisConnection connection, Duration limit) throws IOException {
    Deadline deadline = Deadline.after(limit);
    connection.exchange(deadline, List.of(Command.of("PING"))).get(0).orThrow();
  }

  @Override
  public Health probe(RedisConnection connection) {
    return connection.probe();
  }

  @Override
  public byte[] lastWords(RedisConnection connection) {
    return connection.lastWords();
  }

  @Override
  public Health onRelease(RedisConnection connection) {
    return connection.isReusable() ? Health.CLEAN : Health.DIRTY;
  }

  /** By what is known about the connection, and only then by the type of what was thrown. */
  @Override
  public Verdict classify(RedisConnection connection, Throwable failure) {
    if (failure instanceof RedisException answer && NOT_THIS_SERVER.contains(answer.code())) {
      return ELSEWHERE;
    }
    if (connection.isReusable() && !(failure instanceof Error)) {
      return Verdict.KEEP; // an answer, or something that is not about this connection
    }
    return Verdict.of(failure);
  }

  @Override
  public void close(RedisConnection connection, CloseReason reason) throws IOException {
    switch (reason) {
      case IDLE, LIFETIME, RETIRED, EVICTED, SURPLUS, POOL_CLOSED -> connection.close();
      default -> connection.abort(); // in doubt
    }
  }
}
