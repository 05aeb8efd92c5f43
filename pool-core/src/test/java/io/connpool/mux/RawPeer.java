package io.connpool.mux;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** The other end of a connection, byte by byte: it may say anything. */
final class RawPeer implements AutoCloseable {
  /** What a peer receives. */
  record Frame(int type, int flags, int code, long id, byte[] payload) {}

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;

  RawPeer(Socket socket) throws IOException {
    this.socket = socket;
    this.socket.setSoTimeout(20_000);
    this.socket.setTcpNoDelay(true);
    this.in = new DataInputStream(socket.getInputStream());
    this.out = socket.getOutputStream();
  }

  static RawPeer connect(MuxServer server) throws IOException {
    return new RawPeer(new Socket(InetAddress.getLoopbackAddress(), server.port()));
  }

  /** A frame as the documentation describes it, written without the code under test. */
  static byte[] frame(int type, int flags, int code, long id, byte... payload) {
    return ByteBuffer.allocate(16 + payload.length)
        .putInt(12 + payload.length)
        .put((byte) type)
        .put((byte) flags)
        .putShort((short) code)
        .putLong(id)
        .put(payload)
        .array();
  }

  static byte[] hello(int mostPayload, int mostMessage, int mostRequests) {
    byte[] body =
        ByteBuffer.allocate(20)
            .put("CPMX".getBytes())
            .put((byte) 1)
            .put((byte) 1)
            .putShort((short) 0)
            .putInt(mostPayload)
            .putInt(mostMessage)
            .putInt(mostRequests)
            .array();
    return frame('H', 0, 0, 0, body);
  }

  /** Says HELLO and takes the other's. */
  RawPeer shakeHands() throws IOException {
    send(hello(65_536, 16 << 20, 10_240));
    read('H');
    return this;
  }

  void send(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  Frame read() throws IOException {
    int length = in.readInt();
    Frame frame =
        new Frame(
            in.readUnsignedByte(),
            in.readUnsignedByte(),
            in.readUnsignedShort(),
            in.readLong(),
            new byte[length - 12]);
    in.readFully(frame.payload());
    return frame;
  }

  Frame read(int type) throws IOException {
    Frame frame = read();
    if (frame.type() != type) {
      throw new AssertionError("expected " + (char) type + ", got " + frame);
    }
    return frame;
  }

  /** Reads to the end; the text of the GOAWAY on the way, or "" if there was none. */
  String readFarewell() throws IOException {
    String farewell = "";
    try {
      while (true) {
        Frame frame = read();
        if (frame.type() == 'G') {
          farewell = new String(Arrays.copyOfRange(frame.payload(), 8, frame.payload().length));
        }
      }
    } catch (EOFException | java.net.SocketException end) {
      return farewell;
    }
  }

  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
