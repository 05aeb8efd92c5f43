package io.connpool.bench.thrift.peer;

import io.connpool.examples.gen.ConnPoolExample;
import org.apache.commons.pool2.BasePooledObjectFactory;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.DefaultPooledObject;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.apache.thrift.TException;
import org.apache.thrift.protocol.TBinaryProtocol;
import org.apache.thrift.transport.TTransportException;

/**
 * Libthrift's clients in a GenericObjectPool, the way everybody writes it: whatever throws costs
 * the connection, and one that the server has closed is found out by the call that fails.
 */
final class CommonsPool2Peer implements Peer {
  private final EchoServer server = new EchoServer();
  private final GenericObjectPool<ConnPoolExample.Client> pool;

  CommonsPool2Peer(int callers) throws TTransportException {
    GenericObjectPoolConfig<ConnPoolExample.Client> config = new GenericObjectPoolConfig<>();
    config.setMaxTotal(callers);
    config.setMaxIdle(callers);
    config.setJmxEnabled(false);
    pool = new GenericObjectPool<>(new Factory(server), config);
  }

  private static final class Factory extends BasePooledObjectFactory<ConnPoolExample.Client> {
    private final EchoServer server;

    Factory(EchoServer server) {
      this.server = server;
    }

    @Override
    public ConnPoolExample.Client create() throws TTransportException {
      return new ConnPoolExample.Client(new TBinaryProtocol(DedicatedPeer.connect(server)));
    }

    @Override
    public PooledObject<ConnPoolExample.Client> wrap(ConnPoolExample.Client client) {
      return new DefaultPooledObject<>(client);
    }

    @Override
    public void destroyObject(PooledObject<ConnPoolExample.Client> pooled) {
      pooled.getObject().getInputProtocol().getTransport().close();
    }
  }

  @Override
  public Caller caller() {
    return this::echo;
  }

  private String echo(String request) throws TException {
    ConnPoolExample.Client client;
    try {
      client = pool.borrowObject();
    } catch (Exception none) {
      throw new TTransportException(none);
    }
    try {
      String answer = client.Echo(request);
      pool.returnObject(client);
      return answer;
    } catch (TException failure) {
      invalidate(client, failure);
      throw failure;
    }
  }

  private void invalidate(ConnPoolExample.Client client, TException failure) {
    try {
      pool.invalidateObject(client);
    } catch (Exception alsoThis) {
      failure.addSuppressed(alsoThis);
    }
  }

  @Override
  public String settings() {
    return "GenericObjectPool, maxTotal = maxIdle = %d, JMX off, otherwise its defaults"
        .formatted(pool.getMaxTotal());
  }

  @Override
  public void close() {
    pool.close();
    server.close();
  }
}
