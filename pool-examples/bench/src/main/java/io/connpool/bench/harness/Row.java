package io.connpool.bench.harness;

import java.util.List;

/**
 * One line of a comparison: what all peers do, how it is judged, and what it must reach.
 *
 * @param name unique and short; printed, and chosen by
 * @param arguments of the command that measures one peer, without {@code --peer} and durations
 * @param metric the figure that is compared
 * @param floors what ConnPool must reach
 * @param needsVirtualThreads whether it can be run on Java 21 and later only
 * @param quick whether a quick comparison includes it
 */
public record Row(
    String name,
    List<String> arguments,
    Metric metric,
    List<Floor> floors,
    boolean needsVirtualThreads,
    boolean quick) {

  /** The figure that is compared. */
  public enum Metric {
    /** The more the better. */
    THROUGHPUT("ops_per_s", true),
    /** The less the better. */
    TAIL("p9999_us", false);

    private final String field;
    private final boolean moreIsBetter;

    Metric(String field, boolean moreIsBetter) {
      this.field = field;
      this.moreIsBetter = moreIsBetter;
    }

    /**
     * Its field in a result.
     *
     * @return the name
     */
    public String field() {
      return field;
    }

    /**
     * How much better we are.
     *
     * @param ours our figure
     * @param theirs a peer's figure
     * @return more than 1 if we are better, whichever direction is better
     */
    public double ratio(double ours, double theirs) {
      return moreIsBetter ? ours / theirs : theirs / ours;
    }

    /**
     * Writes a figure in a few characters.
     *
     * @param value in operations per second, or in microseconds
     * @return with its unit
     */
    public String format(double value) {
      if (!moreIsBetter) {
        return value < 1e3 ? "%.1f us".formatted(value) : "%.1f ms".formatted(value / 1e3);
      }
      return value < 1e6 ? "%.1f k/s".formatted(value / 1e3) : "%.1f M/s".formatted(value / 1e6);
    }
  }

  /**
   * A ratio that must be reached.
   *
   * @param rival the peer's name, {@link #BEST} or {@link #IDEAL}
   * @param least ours to theirs
   */
  public record Floor(String rival, double least) {
    /** Whichever peer is best in this row. */
    public static final String BEST = "best peer";

    /** What objects that are never idle would yield: {@code ideal_ratio} of our own result. */
    public static final String IDEAL = "ideal";
  }
}
