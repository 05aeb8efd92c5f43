package io.connpool.testkit;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * Keeps what pools log from the console while a test runs: tests make pools complain on purpose. If
 * the test fails, the last records are printed; a record of the level ERROR is a defect of the
 * engine and fails the test by itself.
 */
final class LogRecorder extends Handler {
  /** More would bury the failure. */
  private static final int KEPT = 50;

  /** Held, because the log manager would forget a logger and its handlers. */
  private static final Logger LOGGER = Logger.getLogger("io.connpool");

  private final Formatter formatter = new SimpleFormatter();
  private final Deque<LogRecord> last = new ArrayDeque<>();
  private LogRecord defect;

  void start() {
    LOGGER.addHandler(this);
    LOGGER.setUseParentHandlers(false);
  }

  void stop() {
    LOGGER.setUseParentHandlers(true);
    LOGGER.removeHandler(this);
  }

  @Override
  public synchronized void publish(LogRecord entry) {
    if (last.size() == KEPT) {
      last.removeFirst();
    }
    last.addLast(entry);
    if (entry.getLevel() == Level.SEVERE && defect == null) {
      defect = entry;
    }
  }

  synchronized void print() {
    last.forEach(entry -> System.err.print(formatter.format(entry)));
  }

  synchronized void assertNoDefect() {
    if (defect != null) {
      throw new AssertionError("logged: " + formatter.formatMessage(defect), defect.getThrown());
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
