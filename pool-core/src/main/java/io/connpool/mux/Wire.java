package io.connpool.mux;

/** The numbers of the wire format; {@code docs/mux-protocol.md} explains them. */
final class Wire {
  static final int VERSION = 1;

  /** "CPMX". */
  static final int MAGIC = 0x43504D58;

  static final int HEADER = 16;

  /** The length field counts what comes behind it, so never less than the rest of the header. */
  static final int LEAST_LENGTH = 12;

  /**
   * What a frame may carry at most; longer messages are cut. Small enough that one frame of a big
   * message holds up a small message for 50 us or so, and that a receiver may allocate it on trust.
   */
  static final int MOST_PAYLOAD = 64 * 1024;

  /** A HELLO announces at least this, so that HELLO, GOAWAY and errors always fit one frame. */
  static final int LEAST_PAYLOAD = 1024;

  /**
   * How many fragmented messages of one kind (requests with one-ways, answers) may be incomplete at
   * once. With the limit on a message's size it bounds what a peer can make us keep.
   */
  static final int MOST_PARTIAL = 8;

  /**
   * More PONGs and refusals than this unsent: the peer floods us and does not read. Above what one
   * read batch of honest requests can bring about.
   */
  static final int MOST_REPLIES = 1 << 16;

  // Letters, so that a dump can be read and a desynchronised stream is noticed at the next header.
  static final int HELLO = 'H';
  static final int REQUEST = 'Q';
  static final int ANSWER = 'A';
  static final int ERROR = 'E';
  static final int REFUSED = 'R';
  static final int ONE_WAY = 'O';
  static final int CANCEL = 'C';
  static final int PING = 'I';
  static final int PONG = 'J';
  static final int GOAWAY = 'G';

  static final int MORE = 1;
  static final int EXTENDED = 2;
  static final int KNOWN_FLAGS = MORE | EXTENDED;

  // Codes of ERROR: the handler was run.
  static final int HANDLER_FAILED = 1;
  static final int ANSWER_TOO_LARGE = 2;

  // Codes of REFUSED: the handler was not run.
  static final int FULL = 1;
  static final int DRAINING = 2;
  static final int EXPIRED = 3;
  static final int NO_HANDLER = 4;

  // Codes of GOAWAY.
  static final int GOING = 0;
  static final int PROTOCOL_ERROR = 1;

  /** In the code field of a REQUEST: the caller waits this many milliseconds or longer. */
  static final int LONG_WAIT = 0xFFFF;

  /** The count of a GOAWAY that is not the last. */
  static final long EVERYTHING = -1;

  private Wire() {}
}
