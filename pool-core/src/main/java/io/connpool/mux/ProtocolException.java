package io.connpool.mux;

import java.io.IOException;

/** The peer sent what no peer may send. The stream cannot be trusted any more. */
final class ProtocolException extends IOException {
  private static final long serialVersionUID = 1L;

  ProtocolException(String message) {
    super(message);
  }
}
