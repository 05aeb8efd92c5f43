package io.connpool.migration;

import java.io.IOException;
import org.apache.commons.pool2.ObjectPool;

/** A class that holds an {@code ObjectPool}, as many do. Not a line of it changes. */
public final class Catalog implements AutoCloseable {
  private final ObjectPool<Client> pool;

  /** Takes the pool over. */
  public Catalog(ObjectPool<Client> pool) {
    this.pool = pool;
  }

  /** Looks something up; the client goes back to the pool, or is thrown away if it broke. */
  public String lookUp(String key) throws IOException {
    Client client = borrow();
    String value;
    try {
      value = client.get(key);
    } catch (IOException | RuntimeException broken) {
      discard(client, broken);
      throw broken;
    }
    giveBack(client);
    return value;
  }

  private Client borrow() throws IOException {
    try {
      return pool.borrowObject();
    } catch (Exception failure) {
      throw new IOException("no connection", failure);
    }
  }

  private void discard(Client client, Exception reason) {
    try {
      pool.invalidateObject(client);
    } catch (Exception failure) {
      reason.addSuppressed(failure);
    }
  }

  private void giveBack(Client client) throws IOException {
    try {
      pool.returnObject(client);
    } catch (Exception failure) {
      throw new IOException("not returned", failure);
    }
  }

  @Override
  public void close() {
    pool.close();
  }
}
