package io.connpool.bench.mux.peer;

import io.rsocket.Payload;
import io.rsocket.RSocket;
import io.rsocket.SocketAcceptor;
import io.rsocket.core.RSocketConnector;
import io.rsocket.core.RSocketServer;
import io.rsocket.frame.decoder.PayloadDecoder;
import io.rsocket.transport.netty.client.TcpClientTransport;
import io.rsocket.transport.netty.server.CloseableChannel;
import io.rsocket.transport.netty.server.TcpServerTransport;
import io.rsocket.util.ByteBufPayload;
import java.nio.ByteBuffer;
import java.util.Objects;
import reactor.core.publisher.Mono;

/** RSocket-java, requests and responses without a copy, the handler on the event loop. */
final class RSocketPeer {
  private RSocketPeer() {}

  private static byte[] take(Payload payload) {
    ByteBuffer data = payload.getData();
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    payload.release();
    return bytes;
  }

  static Server serve() {
    RSocket answering =
        new RSocket() {
          @Override
          public Mono<Payload> requestResponse(Payload request) {
            return Mono.just(ByteBufPayload.create(Answers.to(take(request))));
          }
        };
    CloseableChannel channel =
        RSocketServer.create(SocketAcceptor.with(answering))
            .payloadDecoder(PayloadDecoder.ZERO_COPY)
            .bindNow(TcpServerTransport.create(Peers.HOST, 0));
    return new Server() {
      @Override
      public int port() {
        return channel.address().getPort();
      }

      @Override
      public void close() {
        channel.dispose();
      }
    };
  }

  static Client connect(int port) {
    RSocket socket =
        Objects.requireNonNull(
            RSocketConnector.create()
                .payloadDecoder(PayloadDecoder.ZERO_COPY)
                .connect(TcpClientTransport.create(Peers.HOST, port))
                .block());
    return new Connection(socket);
  }

  private record Connection(RSocket socket) implements Client {
    @Override
    public byte[] call(byte[] request) {
      return take(
          Objects.requireNonNull(socket.requestResponse(ByteBufPayload.create(request)).block()));
    }

    @Override
    public void callAsync(byte[] request, Done done) {
      socket
          .requestResponse(ByteBufPayload.create(request))
          .subscribe(
              answer -> done.accept(take(answer), null), failure -> done.accept(null, failure));
    }

    @Override
    public void close() {
      socket.dispose();
    }
  }
}
