package io.connpool.tcp;

import java.net.ProtocolException;

/**
 * What the peer sent is no frame of the agreed kind: too long, or without its magic bytes. The
 * position in the stream is lost, so the connection is closed.
 */
public final class FrameException extends ProtocolException {
  private static final long serialVersionUID = 1L;

  /**
   * For framings.
   *
   * @param message what was expected and what came
   */
  public FrameException(String message) {
    super(message);
  }
}
