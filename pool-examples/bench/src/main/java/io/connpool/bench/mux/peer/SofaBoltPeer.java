package io.connpool.bench.mux.peer;

import com.alipay.remoting.BizContext;
import com.alipay.remoting.Connection;
import com.alipay.remoting.CustomSerializer;
import com.alipay.remoting.CustomSerializerManager;
import com.alipay.remoting.InvokeCallback;
import com.alipay.remoting.InvokeContext;
import com.alipay.remoting.exception.RemotingException;
import com.alipay.remoting.rpc.RequestCommand;
import com.alipay.remoting.rpc.ResponseCommand;
import com.alipay.remoting.rpc.RpcClient;
import com.alipay.remoting.rpc.RpcServer;
import com.alipay.remoting.rpc.protocol.RpcRequestCommand;
import com.alipay.remoting.rpc.protocol.RpcResponseCommand;
import com.alipay.remoting.rpc.protocol.SyncUserProcessor;
import java.io.IOException;
import java.io.Serializable;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * SOFABolt, with a serializer that passes bytes on as they are, the handler on the event loop, and
 * a write buffer that thousands of requests fit into: its default refuses them.
 */
final class SofaBoltPeer {
  private static final int TIMEOUT_MILLIS = 5_000;

  static {
    System.setProperty("bolt.netty.buffer.low.watermark", Integer.toString(256 << 20));
    System.setProperty("bolt.netty.buffer.high.watermark", Integer.toString(512 << 20));
    // its own logging writes files into the user's home
    System.setProperty("sofa.middleware.log.disable", "true");
    CustomSerializerManager.registerCustomSerializer(Bytes.class.getName(), new AsTheyAre());
  }

  private SofaBoltPeer() {}

  /** A request, which bolt finds its processor by, or an answer. */
  static final class Bytes implements Serializable {
    private static final long serialVersionUID = 1L;

    /** The content. */
    final byte[] bytes;

    Bytes(byte[] bytes) {
      this.bytes = bytes;
    }
  }

  private static final class AsTheyAre implements CustomSerializer {
    @Override
    public <T extends RequestCommand> boolean serializeHeader(
        T request, InvokeContext invokeContext) {
      return false;
    }

    @Override
    public <T extends ResponseCommand> boolean serializeHeader(T response) {
      return false;
    }

    @Override
    public <T extends RequestCommand> boolean deserializeHeader(T request) {
      return false;
    }

    @Override
    public <T extends ResponseCommand> boolean deserializeHeader(
        T response, InvokeContext invokeContext) {
      return false;
    }

    @Override
    public <T extends RequestCommand> boolean serializeContent(
        T request, InvokeContext invokeContext) {
      RpcRequestCommand command = (RpcRequestCommand) request;
      command.setContent(((Bytes) command.getRequestObject()).bytes);
      return true;
    }

    @Override
    public <T extends ResponseCommand> boolean serializeContent(T response) {
      RpcResponseCommand command = (RpcResponseCommand) response;
      command.setContent(((Bytes) command.getResponseObject()).bytes);
      return true;
    }

    @Override
    public <T extends RequestCommand> boolean deserializeContent(T request) {
      RpcRequestCommand command = (RpcRequestCommand) request;
      command.setRequestObject(new Bytes(command.getContent()));
      return true;
    }

    @Override
    public <T extends ResponseCommand> boolean deserializeContent(
        T response, InvokeContext invokeContext) {
      RpcResponseCommand command = (RpcResponseCommand) response;
      command.setResponseObject(new Bytes(command.getContent()));
      return true;
    }
  }

  private static final class Answering extends SyncUserProcessor<Bytes> {
    @Override
    public Object handleRequest(BizContext context, Bytes request) {
      return new Bytes(Answers.to(request.bytes));
    }

    @Override
    public String interest() {
      return Bytes.class.getName();
    }

    @Override
    public boolean processInIOThread() {
      return true;
    }
  }

  static Server serve() throws IOException {
    int port = freePort(); // it does not tell which one it has if it is given 0
    RpcServer server = new RpcServer(Peers.HOST, port);
    server.registerUserProcessor(new Answering());
    server.startup();
    return new Server() {
      @Override
      public int port() {
        return port;
      }

      @Override
      public void close() {
        server.shutdown();
      }
    };
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }

  static Client connect(int port) throws RemotingException {
    RpcClient client = new RpcClient();
    client.startup();
    return new One(client, client.createStandaloneConnection(Peers.HOST, port, TIMEOUT_MILLIS));
  }

  private record One(RpcClient client, Connection connection) implements Client {
    @Override
    public byte[] call(byte[] request) throws Exception {
      return ((Bytes) client.invokeSync(connection, new Bytes(request), TIMEOUT_MILLIS)).bytes;
    }

    @Override
    public void callAsync(byte[] request, Done done) {
      try {
        client.invokeWithCallback(connection, new Bytes(request), new Told(done), TIMEOUT_MILLIS);
      } catch (RemotingException failure) {
        done.accept(null, failure);
      }
    }

    @Override
    public void close() {
      client.closeStandaloneConnection(connection);
      client.shutdown();
    }
  }

  private record Told(Client.Done done) implements InvokeCallback {
    @Override
    public void onResponse(Object result) {
      done.accept(((Bytes) result).bytes, null);
    }

    @Override
    public void onException(Throwable failure) {
      done.accept(null, failure);
    }

    /** Null lets it call back on the event loop. */
    @Override
    public @Nullable Executor getExecutor() {
      return null;
    }
  }
}
