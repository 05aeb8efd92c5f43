package io.connpool.bench.acquire;

import org.HdrHistogram.Histogram;

/**
 * What came out of a run.
 *
 * @param perSecond operations per second within the window
 * @param meanHold of the holds within the window, in nanoseconds; 0 if none was timed
 * @param waits the timed acquires, in nanoseconds
 * @param timeouts acquires that the peer gave up, those of the warm-up included
 * @param served threads that got an object at least once before the end; of a hand-over, those that
 *     take
 * @param stuck threads that did not come back: somebody's wake-up was lost
 */
record Outcome(
    double perSecond, double meanHold, Histogram waits, long timeouts, int served, int stuck) {

  /** Throughput as a part of what objects would yield that are given on without a pause. */
  double idealRatio(Load load) {
    return perSecond * meanHold / 1e9 / Math.min(load.size(), load.threads());
  }
}
