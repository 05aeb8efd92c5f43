package io.connpool.migration;

import java.io.IOException;
import org.apache.commons.pool2.BasePooledObjectFactory;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.DefaultPooledObject;

/** A factory as users of commons-pool2 write them. Not a line of it changes. */
public final class ClientFactory extends BasePooledObjectFactory<Client> {
  private final String host;
  private final int port;
  private final int database;

  /** For clients of this server that use this database. */
  public ClientFactory(String host, int port, int database) {
    this.host = host;
    this.port = port;
    this.database = database;
  }

  @Override
  public Client create() throws IOException {
    return new Client(host, port);
  }

  @Override
  public PooledObject<Client> wrap(Client client) {
    return new DefaultPooledObject<>(client);
  }

  @Override
  public void activateObject(PooledObject<Client> pooled) throws IOException {
    Client client = pooled.getObject();
    if (client.database() != database) {
      client.select(database);
    }
  }

  @Override
  public boolean validateObject(PooledObject<Client> pooled) {
    try {
      pooled.getObject().ping();
      return true;
    } catch (IOException dead) {
      return false;
    }
  }

  @Override
  public void destroyObject(PooledObject<Client> pooled) throws IOException {
    pooled.getObject().disconnect();
  }
}
