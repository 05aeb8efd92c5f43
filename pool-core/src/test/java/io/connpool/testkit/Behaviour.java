package io.connpool.testkit;

import java.io.IOException;
import java.time.Duration;

/**
 * What a {@link FlakyServer} does with one connection. Runs on a thread of that connection, which
 * is closed when it returns. An {@link IOException} just ends it, since peers that vanish are what
 * the server is for; anything else that it throws is thrown again by {@link FlakyServer#close()},
 * so a behaviour may contain assertions.
 *
 * <p>Most behaviours speak the line protocol: the request {@code x} is answered by {@code answer
 * x}, and both end with a line feed.
 */
@FunctionalInterface
public interface Behaviour {

  /**
   * Serves the connection to its end.
   *
   * @param connection the server's side of it
   * @throws IOException if the connection ended
   * @throws InterruptedException if the server is being closed
   */
  void serve(FlakyConnection connection) throws IOException, InterruptedException;

  /** Sends every byte back. */
  static Behaviour echo() {
    return FlakyConnection::echo;
  }

  /** The line protocol, without a flaw. */
  static Behaviour answerLines() {
    return c -> c.forEachLine(c::answer);
  }

  /** Reads everything, answers nothing. */
  static Behaviour acceptThenSilence() {
    return FlakyConnection::drain;
  }

  /** Resets the connection as soon as it is there. */
  static Behaviour resetOnAccept() {
    return FlakyConnection::reset;
  }

  /** Reads that many bytes, then resets the connection. */
  static Behaviour resetAfter(int bytes) {
    return c -> {
      c.skip(bytes);
      c.reset();
    };
  }

  /** Answers that many lines, then sends a FIN. */
  static Behaviour closeAfter(int requests) {
    return goodbyeAfter(requests, "");
  }

  /** Answers that many lines, then sends bytes that nobody asked for and a FIN. */
  static Behaviour goodbyeAfter(int requests, String bytes) {
    return c -> {
      c.forEachLine(requests, c::answer);
      c.send(bytes);
    };
  }

  /** Sends the first half of the first answer, then nothing more. */
  static Behaviour halfAnswerThenStall() {
    return c -> {
      c.forEachLine(1, c::answerHalf);
      c.drain();
    };
  }

  /** Sends the first half of the first answer, then a FIN. */
  static Behaviour halfAnswerThenClose() {
    return c -> c.forEachLine(1, c::answerHalf);
  }

  /** Waits before each answer. */
  static Behaviour lateAnswer(Duration delay) {
    return c ->
        c.forEachLine(
            line -> {
              c.pause(delay);
              c.answer(line);
            });
  }

  /** Sends bytes that nobody asked for, then speaks the line protocol. */
  static Behaviour strayOnAccept(String bytes) {
    return c -> {
      c.send(bytes);
      c.forEachLine(c::answer);
    };
  }

  /** Sends bytes that nobody asked for after each answer. */
  static Behaviour strayAfterAnswer(String bytes) {
    return c ->
        c.forEachLine(
            line -> {
              c.answer(line);
              c.send(bytes);
            });
  }

  /**
   * Reads nothing until the server closes: a writer blocks once the buffers of both sides are full,
   * which takes several megabytes on loopback.
   */
  static Behaviour neverRead() {
    return FlakyConnection::stall;
  }

  /** Answers byte by byte and waits after each. */
  static Behaviour slowDrip(Duration interval) {
    return c -> c.forEachLine(line -> c.answerInDrips(line, interval));
  }

  /** Speaks the line protocol, and sends a FIN when it was asked nothing for that long. */
  static Behaviour closeIdleAfter(Duration idle) {
    return c -> {
      c.readTimeout(idle);
      c.forEachLine(c::answer);
    };
  }

  /**
   * A behaviour by name, for the command line: a factory method of this interface and what it
   * takes, as in {@code echo}, {@code closeAfter:3}, {@code goodbyeAfter:3:bye} or {@code
   * lateAnswer:PT0.2S}.
   *
   * @param text name and arguments, separated by colons
   * @return the behaviour
   * @throws IllegalArgumentException if there is no such behaviour
   */
  static Behaviour parse(String text) {
    String[] parts = text.split(":", 3);
    try {
      return switch (parts[0]) {
        case "echo" -> echo();
        case "answerLines" -> answerLines();
        case "acceptThenSilence" -> acceptThenSilence();
        case "resetOnAccept" -> resetOnAccept();
        case "resetAfter" -> resetAfter(Integer.parseInt(parts[1]));
        case "closeAfter" -> closeAfter(Integer.parseInt(parts[1]));
        case "goodbyeAfter" -> goodbyeAfter(Integer.parseInt(parts[1]), parts[2]);
        case "halfAnswerThenStall" -> halfAnswerThenStall();
        case "halfAnswerThenClose" -> halfAnswerThenClose();
        case "lateAnswer" -> lateAnswer(Duration.parse(parts[1]));
        case "strayOnAccept" -> strayOnAccept(parts[1]);
        case "strayAfterAnswer" -> strayAfterAnswer(parts[1]);
        case "neverRead" -> neverRead();
        case "slowDrip" -> slowDrip(Duration.parse(parts[1]));
        case "closeIdleAfter" -> closeIdleAfter(Duration.parse(parts[1]));
        default -> throw new IllegalArgumentException("unknown name");
      };
    } catch (RuntimeException unreadable) {
      throw new IllegalArgumentException("no such behaviour: \"" + text + "\"", unreadable);
    }
  }
}
