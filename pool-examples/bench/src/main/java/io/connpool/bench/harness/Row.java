package io.connpool.bench.harness;

import java.util.List;

/**
 * One line of a comparison: what all peers do, how it is judged, and what it must reach.
 *
 * @param name unique and short; printed, and chosen by
 * @param arguments of the command that measures one peer, without {@code --peer} and durations
 * @param metric the figure that is compared
 * @param floors what ConnPool must reach
 * @param scope which comparisons have it
 */
public record Row(
    String name, List<String> arguments, Metric metric, List<Floor> floors, Scope scope) {

  /** Which comparisons have a row. */
  public enum Scope {
    /** All. */
    ALWAYS,
    /** Those that are not quick. */
    FULL_ONLY,
    /** Those on Java 21 or later. */
    VIRTUAL_THREADS
  }

  /** The figure that is compared. */
  public enum Metric {
    /** The more the better. */
    THROUGHPUT("ops_per_s", 1) {
      @Override
      public double ratio(double ours, double theirs) {
        return ours / theirs;
      }

      @Override
      String format(double perSecond) {
        return perSecond < 1e6
            ? "%.1f k/s".formatted(perSecond / 1e3)
            : "%.1f M/s".formatted(perSecond / 1e6);
      }
    },
    /** The less the better. One wait in ten thousand decides it, so it is measured for longer. */
    TAIL("p9999_us", 3) {
      @Override
      public double ratio(double ours, double theirs) {
        return theirs / ours;
      }

      @Override
      String format(double micros) {
        return micros < 1e3 ? "%.1f us".formatted(micros) : "%.1f ms".formatted(micros / 1e3);
      }
    },
    /** The less the better. */
    P99("p99_us", 1) {
      @Override
      public double ratio(double ours, double theirs) {
        return theirs / ours;
      }

      @Override
      String format(double micros) {
        return TAIL.format(micros);
      }
    };

    private final String field;
    private final int windows;

    boolean lessIsBetter() {
      return this != THROUGHPUT;
    }

    Metric(String field, int windows) {
      this.field = field;
      this.windows = windows;
    }

    /** Its field in a result. */
    String field() {
      return field;
    }

    /** How many times the usual window it takes. */
    int windows() {
      return windows;
    }

    /**
     * How much better we are.
     *
     * @param ours our figure
     * @param theirs a peer's figure
     * @return more than 1 if we are better, whichever direction is better
     */
    public abstract double ratio(double ours, double theirs);

    /** A figure in a few characters, with its unit. */
    abstract String format(double figure);
  }

  /**
   * A ratio that must be reached.
   *
   * @param ours which of ours
   * @param rival the peer's name, {@link #BEST} or {@link #IDEAL}
   * @param least how many times better than it we must be
   */
  public record Floor(String ours, String rival, double least) {
    /** Where only one of the peers is ours. */
    public static final String CONNPOOL = "connpool";

    /** Whichever peer is best in this row. */
    public static final String BEST = "best peer";

    /** What objects that are never idle would yield: {@code ideal_ratio} of our own result. */
    public static final String IDEAL = "ideal";

    /**
     * For {@link #CONNPOOL}.
     *
     * @param rival the peer's name, {@link #BEST} or {@link #IDEAL}
     * @param least how many times better than it we must be
     */
    public Floor(String rival, double least) {
      this(CONNPOOL, rival, least);
    }
  }
}
