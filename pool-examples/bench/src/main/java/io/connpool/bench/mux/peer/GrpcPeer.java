package io.connpool.bench.mux.peer;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * gRPC-java: byte arrays as they are, handlers and callbacks on the event loops, flow-control
 * windows that thousands of requests fit into.
 */
final class GrpcPeer {
  private static final int WINDOW = 16 << 20;

  private static final MethodDescriptor<byte[], byte[]> METHOD =
      MethodDescriptor.<byte[], byte[]>newBuilder()
          .setType(MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName("bench", "ask"))
          .setRequestMarshaller(new AsTheyAre())
          .setResponseMarshaller(new AsTheyAre())
          .build();

  private GrpcPeer() {}

  private static final class AsTheyAre implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException impossible) {
        throw new UncheckedIOException(impossible);
      }
    }
  }

  static Server serve() throws IOException {
    ServerServiceDefinition service =
        ServerServiceDefinition.builder("bench")
            .addMethod(
                METHOD,
                ServerCalls.<byte[], byte[]>asyncUnaryCall(
                    (request, answers) -> {
                      answers.onNext(Answers.to(request));
                      answers.onCompleted();
                    }))
            .build();
    io.grpc.Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .directExecutor()
            .flowControlWindow(WINDOW)
            .maxConcurrentCallsPerConnection(Integer.MAX_VALUE)
            .addService(service)
            .build()
            .start();
    return new Server() {
      @Override
      public int port() {
        return server.getPort();
      }

      @Override
      public void close() {
        server.shutdownNow();
      }
    };
  }

  static Client connect(int port) {
    return new Connection(
        NettyChannelBuilder.forAddress(Peers.HOST, port)
            .usePlaintext()
            .directExecutor()
            .flowControlWindow(WINDOW)
            .build());
  }

  private record Connection(ManagedChannel channel) implements Client {
    @Override
    public byte[] call(byte[] request) {
      return ClientCalls.blockingUnaryCall(channel, METHOD, CallOptions.DEFAULT, request);
    }

    @Override
    public void callAsync(byte[] request, Done done) {
      ClientCalls.asyncUnaryCall(
          channel.newCall(METHOD, CallOptions.DEFAULT), request, new Told(done));
    }

    @Override
    public void close() {
      channel.shutdownNow();
    }
  }

  private static final class Told implements StreamObserver<byte[]> {
    private final Client.Done done;
    private byte @Nullable [] answer;

    Told(Client.Done done) {
      this.done = done;
    }

    @Override
    public void onNext(byte[] value) {
      answer = value;
    }

    @Override
    public void onError(Throwable failure) {
      done.accept(null, failure);
    }

    @Override
    public void onCompleted() {
      done.accept(answer, null);
    }
  }
}
