package io.connpool.tcp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** A connection's bytes as streams. */
final class ConnStreams {
  private ConnStreams() {}

  static final class Input extends InputStream {
    private final ByteConn conn;

    Input(ByteConn conn) {
      this.conn = conn;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      return length == 0 ? 0 : conn.readSome(ByteBuffer.wrap(into, offset, length));
    }
  }

  static final class Output extends OutputStream {
    private final ByteConn conn;

    Output(ByteConn conn) {
      this.conn = conn;
    }

    @Override
    public void write(int one) throws IOException {
      write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      conn.write(ByteBuffer.wrap(from, offset, length));
    }
  }
}
