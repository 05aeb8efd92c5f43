package io.connpool.redis;

import java.util.List;
import java.util.Set;

/**
 * What commands leave behind at the server's end of a connection, as far as the next holder would
 * notice: another database, an open transaction. Used by one thread at a time.
 */
final class Session {

  /** They get no reply, or more than one: who reads next would get what is not his. */
  private static final Set<String> WITHOUT_ONE_REPLY =
      Set.of(
          "MONITOR",
          "PSUBSCRIBE",
          "PSYNC",
          "PUNSUBSCRIBE",
          "SSUBSCRIBE",
          "SUBSCRIBE",
          "SUNSUBSCRIBE",
          "SYNC",
          "UNSUBSCRIBE");

  /** They change what later commands do, or end the connection. */
  private static final Set<String> LASTING =
      Set.of("ASKING", "AUTH", "CLIENT", "QUIT", "READONLY", "READWRITE", "RESET", "SELECT");

  private boolean changed;
  private boolean inTransaction;
  private boolean watching;

  /**
   * Refuses what does not fit a connection that is lent from one to the next.
   *
   * @throws IllegalArgumentException if there is such a command; nothing is noted then
   */
  static void check(List<Command> commands) {
    for (Command command : commands) {
      String name = command.name();
      if (WITHOUT_ONE_REPLY.contains(name)
          || (name.equals("CLIENT") && command.subcommand().equals("REPLY"))) {
        throw new IllegalArgumentException(
            name
                + " does not get one reply, so it needs a connection of its own, not a pooled one");
      }
      if (name.equals("HELLO")) {
        throw new IllegalArgumentException("HELLO would change the protocol; RESP2 is spoken here");
      }
    }
  }

  /** Notes what is about to be sent. If it fails or not, the worst is assumed. */
  void sending(Command command) {
    switch (command.name()) {
      case "MULTI" -> inTransaction = true;
      case "WATCH" -> watching = true;
      case "UNWATCH" -> watching = false;
      case "EXEC", "DISCARD" -> {
        inTransaction = false;
        watching = false;
      }
      default -> changed |= LASTING.contains(command.name());
    }
  }

  /** Whether the next holder finds what a new connection would be. */
  boolean isAsDialed() {
    return !changed && !inTransaction && !watching;
  }
}
