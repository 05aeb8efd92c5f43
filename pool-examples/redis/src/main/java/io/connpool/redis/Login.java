package io.connpool.redis;

import java.util.ArrayList;
import java.util.List;

/** Who connects, and to which database. Immutable; printed without the password. */
public final class Login {

  /** The first database, as whoever Redis lets in without a password. */
  public static final Login NONE = new Login("", "", 0);

  private final String user;
  private final String password;
  private final int db;

  private Login(String user, String password, int db) {
    this.user = user;
    this.password = password;
    this.db = db;
  }

  /**
   * The same with a password.
   *
   * @param name the user; empty for Redis' default user
   * @param secret the password, not empty
   * @return a new login
   * @throws IllegalArgumentException if there is no password
   */
  public Login as(String name, String secret) {
    if (secret.isEmpty()) {
      throw new IllegalArgumentException("the password of user \"" + name + "\" must not be empty");
    }
    return new Login(name, secret, db);
  }

  /**
   * The same with another database.
   *
   * @param number 0 or more; how many there are is the server's choice, and 16 unless it is changed
   * @return a new login
   * @throws IllegalArgumentException if it is negative
   */
  public Login db(int number) {
    if (number < 0) {
      throw new IllegalArgumentException("db must be 0 or more, but is " + number);
    }
    return new Login(user, password, number);
  }

  /** What must be said on a new connection; none if a new one is right as it is. */
  List<Command> commands() {
    List<Command> commands = new ArrayList<>();
    if (!password.isEmpty()) {
      commands.add(
          user.isEmpty() ? Command.of("AUTH", password) : Command.of("AUTH", user, password));
    }
    if (db != 0) {
      commands.add(Command.of("SELECT", db));
    }
    return commands;
  }

  /** For messages: without the password. */
  @Override
  public String toString() {
    return (user.isEmpty() ? "the default user" : "user \"" + user + "\"") + " to db " + db;
  }
}
