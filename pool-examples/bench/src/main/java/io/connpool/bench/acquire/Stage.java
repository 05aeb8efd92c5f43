package io.connpool.bench.acquire;

/** Where a run is. */
enum Stage {
  /** Code is being compiled; nothing counts. */
  WARM_UP,
  /** Everything counts. */
  MEASURE,
  /** Every thread ends after its current operation. */
  STOP
}
