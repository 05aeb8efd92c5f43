package io.connpool.bench.tcp.peer;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import org.apache.commons.pool2.BasePooledObjectFactory;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.DefaultPooledObject;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;

/**
 * A GenericObjectPool of sockets with buffered streams, as it is usually written: tested when
 * borrowed by what a socket says of itself, invalidated after a failure.
 */
final class CommonsPool2Peer implements Peer {
  private final GenericObjectPool<Line> pool;

  CommonsPool2Peer(InetSocketAddress server, int callers) {
    GenericObjectPoolConfig<Line> config = new GenericObjectPoolConfig<>();
    config.setMaxTotal(callers);
    config.setMaxIdle(callers);
    config.setMaxWait(LIMIT);
    config.setTestOnBorrow(true);
    config.setJmxEnabled(false);
    pool = new GenericObjectPool<>(new Factory(server), config);
  }

  @Override
  public Caller caller() {
    return this::exchange;
  }

  private ByteBuffer exchange(ByteBuffer request) throws IOException, InterruptedException {
    Line line = borrowed();
    ByteBuffer answer;
    try {
      answer = line.exchange(request);
    } catch (IOException broken) {
      invalidate(line, broken);
      throw broken;
    }
    pool.returnObject(line);
    return answer;
  }

  private Line borrowed() throws IOException, InterruptedException {
    try {
      return pool.borrowObject();
    } catch (InterruptedException | IOException asItIs) {
      throw asItIs;
    } catch (Exception noneThere) {
      throw new IOException(noneThere);
    }
  }

  private void invalidate(Line line, IOException why) {
    try {
      pool.invalidateObject(line);
    } catch (Exception alsoFailed) { // since 2.13 it dials anew, and throws what that throws
      why.addSuppressed(alsoFailed);
    }
  }

  @Override
  public String settings() {
    return "GenericObjectPool of Socket with buffered streams, maxTotal = maxIdle = %d, testOnBorrow, JMX off"
        .formatted(pool.getMaxTotal());
  }

  @Override
  public void close() {
    pool.close();
  }

  private static final class Line {
    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;

    Line(Socket socket) throws IOException {
      this.socket = socket;
      in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
      out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
    }

    ByteBuffer exchange(ByteBuffer request) throws IOException {
      byte[] bytes = new byte[request.remaining()];
      request.duplicate().get(bytes);
      out.writeInt(bytes.length);
      out.write(bytes);
      out.flush();
      byte[] answer = new byte[in.readInt()];
      in.readFully(answer);
      return ByteBuffer.wrap(answer);
    }
  }

  private static final class Factory extends BasePooledObjectFactory<Line> {
    private final InetSocketAddress server;

    Factory(InetSocketAddress server) {
      this.server = server;
    }

    @Override
    public Line create() throws IOException {
      Socket socket = new Socket();
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(Math.toIntExact(LIMIT.toMillis()));
      socket.connect(server, Math.toIntExact(LIMIT.toMillis()));
      return new Line(socket);
    }

    @Override
    public PooledObject<Line> wrap(Line line) {
      return new DefaultPooledObject<>(line);
    }

    @Override
    public boolean validateObject(PooledObject<Line> pooled) {
      Socket socket = pooled.getObject().socket;
      return socket.isConnected() && !socket.isClosed() && !socket.isInputShutdown();
    }

    @Override
    public void destroyObject(PooledObject<Line> pooled) throws IOException {
      pooled.getObject().socket.close();
    }
  }
}
