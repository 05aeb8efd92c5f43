package io.connpool.bench.tcp.peer;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.pool.AbstractChannelPoolHandler;
import io.netty.channel.pool.FixedChannelPool;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A FixedChannelPool with Netty's own length codec; the caller waits for the answer. */
final class NettyPeer implements Peer {
  private static final int LONGEST = 16 << 20;

  private final NioEventLoopGroup loops = new NioEventLoopGroup();
  private final FixedChannelPool pool;
  private final String settings;

  NettyPeer(InetSocketAddress server, int callers) {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loops)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .remoteAddress(server);
    pool = new FixedChannelPool(bootstrap, new Pipeline(), callers);
    settings =
        "FixedChannelPool, maxConnections = %d, NIO event loops, length codec, otherwise defaults"
            .formatted(callers);
  }

  @Override
  public Caller caller() {
    return this::exchange;
  }

  private ByteBuffer exchange(ByteBuffer request) throws IOException, InterruptedException {
    Channel channel = await(pool.acquire());
    try {
      Answers answers = channel.pipeline().get(Answers.class);
      if (answers == null) { // closed since the pool looked: Netty has taken its handlers out
        throw new ClosedChannelException();
      }
      CompletableFuture<ByteBuffer> answer = answers.next();
      channel
          .writeAndFlush(Unpooled.wrappedBuffer(request.duplicate()))
          .addListener(
              written -> {
                if (!written.isSuccess()) {
                  answer.completeExceptionally(written.cause());
                }
              });
      return await(answer);
    } catch (IOException broken) {
      ChannelFuture unused = channel.close();
      throw broken;
    } finally {
      io.netty.util.concurrent.Future<Void> unused = pool.release(channel);
    }
  }

  private static <T> T await(Future<T> future) throws IOException, InterruptedException {
    try {
      return future.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException failed) {
      throw new IOException(failed);
    }
  }

  @Override
  public String settings() {
    return settings;
  }

  @Override
  public void close() {
    pool.close();
    io.netty.util.concurrent.Future<?> unused = loops.shutdownGracefully(0, 0, TimeUnit.SECONDS);
  }

  private static final class Pipeline extends AbstractChannelPoolHandler {
    @Override
    public void channelCreated(Channel channel) {
      channel
          .pipeline()
          .addLast(new LengthFieldBasedFrameDecoder(LONGEST, 0, HEADER, 0, HEADER))
          .addLast(new LengthFieldPrepender(HEADER))
          .addLast(new Answers());
    }
  }

  private static final class Answers extends SimpleChannelInboundHandler<ByteBuf> {
    private volatile CompletableFuture<ByteBuffer> next = new CompletableFuture<>();

    CompletableFuture<ByteBuffer> next() {
      CompletableFuture<ByteBuffer> fresh = new CompletableFuture<>();
      next = fresh;
      return fresh;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf frame) {
      ByteBuffer answer = ByteBuffer.allocate(frame.readableBytes());
      frame.readBytes(answer);
      next.complete(answer.flip());
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      next.completeExceptionally(new EOFException("the server has finished"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      next.completeExceptionally(cause);
      ChannelFuture unused = context.close();
    }
  }
}
