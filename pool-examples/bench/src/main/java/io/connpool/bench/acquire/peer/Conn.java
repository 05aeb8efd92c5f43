package io.connpool.bench.acquire.peer;

/**
 * What all peers pool. Using it is a plain write, so that a pool which lends one object twice, or
 * lends it without publishing what the last holder wrote, loses updates: the sum over all objects
 * must equal the number of acquisitions, see {@link Conns#uses}.
 *
 * <p>Padded, so that no peer pays for the neighbours of the objects it lends.
 */
public class Conn extends ConnUses {
  long q0, q1, q2, q3, q4, q5, q6, q7, q8, q9, q10, q11, q12, q13, q14, q15;

  /** Uses it. Not atomic, on purpose. */
  public final void use() {
    uses++;
  }

  /**
   * How often it was used.
   *
   * @return the number of calls of {@link #use}, if each holder was alone
   */
  public final long uses() {
    return uses;
  }
}

/** Fields are laid out superclass first, so these two keep the counter between two paddings. */
class ConnPadding {
  long p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14, p15;
}

class ConnUses extends ConnPadding {
  long uses;
}
