package io.connpool.spi;

/** Something in a URI is wrong; the message has the URI, without its secrets. */
final class BadUriException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  BadUriException(String message) {
    super(message);
  }
}
