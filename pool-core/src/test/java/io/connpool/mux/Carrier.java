package io.connpool.mux;

import io.connpool.net.Endpoint;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** What a connection runs over. */
enum Carrier {
  TCP {
    @Override
    FrameChannel dial(MuxServer server) throws Exception {
      return FrameChannels.socket(
          SocketChannel.open(new InetSocketAddress(LOOPBACK, server.port())));
    }
  },
  TLS {
    @Override
    MuxServer listen(MuxOptions options, MuxHandler handler) throws Exception {
      return MuxServer.listenTls(
          new InetSocketAddress(LOOPBACK, 0), options, Certificates.CONTEXT, handler);
    }

    @Override
    FrameChannel dial(MuxServer server) throws Exception {
      return FrameChannels.tls(
          Endpoint.of("localhost", server.port()), Certificates.CONTEXT, Duration.ofSeconds(10));
    }
  },
  UNIX {
    @Override
    MuxServer listen(MuxOptions options, MuxHandler handler) throws Exception {
      Path directory = Files.createTempDirectory("mux");
      directory.toFile().deleteOnExit();
      Path path = directory.resolve("socket");
      path.toFile().deleteOnExit();
      return MuxServer.listen(UnixDomainSocketAddress.of(path), options, handler);
    }

    @Override
    FrameChannel dial(MuxServer server) throws Exception {
      return FrameChannels.unix(((UnixDomainSocketAddress) server.address()).getPath());
    }
  },
  MEMORY {
    @Override
    FrameChannel dial(MuxServer server) {
      FrameChannels.Pair pair = FrameChannels.inMemory();
      server.serve(pair.left());
      return pair.right();
    }
  },
  /** In memory, a few bytes at a time. */
  STUTTERING {
    @Override
    FrameChannel dial(MuxServer server) {
      FrameChannels.Pair pair = FrameChannels.inMemory();
      server.serve(new StutteringChannel(pair.left(), 1));
      return new StutteringChannel(pair.right(), 2);
    }
  },
  MESSAGES {
    @Override
    FrameChannel dial(MuxServer server) {
      BlockingQueue<byte[]> there = new LinkedBlockingQueue<>(16);
      BlockingQueue<byte[]> back = new LinkedBlockingQueue<>(16);
      server.serve(FrameChannels.blocking(new QueueSocket(there, back)));
      return FrameChannels.blocking(new QueueSocket(back, there));
    }
  };

  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  MuxServer listen(MuxOptions options, MuxHandler handler) throws Exception {
    return MuxServer.listen(new InetSocketAddress(LOOPBACK, 0), options, handler);
  }

  abstract FrameChannel dial(MuxServer server) throws Exception;

  /** A user's message socket: two queues of messages. */
  private static final class QueueSocket implements MessageSocket {
    private static final byte[] END = new byte[0];
    private final BlockingQueue<byte[]> in;
    private final BlockingQueue<byte[]> out;
    private volatile boolean closed;

    QueueSocket(BlockingQueue<byte[]> in, BlockingQueue<byte[]> out) {
      this.in = in;
      this.out = out;
    }

    @Override
    public ByteBuffer read() throws IOException {
      try {
        byte[] message = in.take();
        return message == END ? null : ByteBuffer.wrap(message);
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }

    @Override
    public void write(ByteBuffer message) throws IOException {
      byte[] copy = new byte[message.remaining()];
      message.get(copy);
      try {
        while (!out.offer(copy, 10, java.util.concurrent.TimeUnit.MILLISECONDS)) {
          if (closed) {
            throw new IOException("closed");
          }
        }
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }

    @Override
    public SocketAddress localAddress() {
      return new InetSocketAddress(1);
    }

    @Override
    public SocketAddress remoteAddress() {
      return new InetSocketAddress(1);
    }

    @Override
    public void close() {
      closed = true;
      end(in);
      end(out);
    }

    /** A reader that waits must see the end, even if the queue is full of what nobody reads. */
    private static void end(BlockingQueue<byte[]> queue) {
      while (!queue.offer(END)) {
        queue.poll();
      }
    }
  }

  /** A certificate for localhost that both ends trust. */
  private static final class Certificates {
    static final SSLContext CONTEXT = create();

    private static SSLContext create() {
      try {
        Path directory = Files.createTempDirectory("mux");
        Path store = directory.resolve("keys.p12");
        String keytool =
            System.getProperty("java.home") + File.separator + "bin" + File.separator + "keytool";
        Process made =
            new ProcessBuilder(
                    (keytool
                            + " -genkeypair -keyalg EC -alias mux -dname CN=localhost"
                            + " -ext san=dns:localhost -storetype PKCS12 -storepass secret"
                            + " -keystore "
                            + store)
                        .split(" "))
                .redirectErrorStream(true)
                .start();
        byte[] output = made.getInputStream().readAllBytes();
        if (made.waitFor() != 0) {
          throw new IllegalStateException(new String(output));
        }
        KeyStore keys = KeyStore.getInstance(store.toFile(), "secret".toCharArray());
        Files.delete(store);
        Files.delete(directory);
        KeyManagerFactory mine = KeyManagerFactory.getInstance("PKIX");
        mine.init(keys, "secret".toCharArray());
        TrustManagerFactory trusted = TrustManagerFactory.getInstance("PKIX");
        trusted.init(keys);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(mine.getKeyManagers(), trusted.getTrustManagers(), null);
        return context;
      } catch (Exception impossible) {
        throw new IllegalStateException(impossible);
      }
    }
  }
}
