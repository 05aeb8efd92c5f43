package io.connpool.mux;

import java.nio.channels.SelectableChannel;

/** A frame channel over a socket: the loop's selector sees by itself when it is ready. */
interface SelectableFrameChannel extends FrameChannel {
  SelectableChannel selectable();

  @Override
  default void onReady(Runnable ready) {}
}
