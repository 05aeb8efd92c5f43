package io.connpool.consumer;

/** The smallest connection there is. */
public final class Thing implements AutoCloseable {
  private final String colour;
  private boolean closed;

  Thing(String colour) {
    this.colour = colour;
  }

  String use() {
    if (closed) {
      throw new IllegalStateException("lent after its close");
    }
    return colour;
  }

  @Override
  public void close() {
    closed = true;
  }
}
