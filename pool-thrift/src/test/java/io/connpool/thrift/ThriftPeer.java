package io.connpool.thrift;

import io.connpool.testkit.Behaviour;
import io.connpool.testkit.FlakyConnection;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.thrift.TException;
import org.apache.thrift.protocol.TBinaryProtocol;
import org.apache.thrift.protocol.TMessage;
import org.apache.thrift.protocol.TMessageType;
import org.apache.thrift.protocol.TType;
import org.apache.thrift.transport.TMemoryInputTransport;
import org.jspecify.annotations.Nullable;

/**
 * A server's side that speaks framed binary Thrift by hand, so that it can speak it wrongly. Every
 * method is answered as {@code echo} would be.
 */
final class ThriftPeer {
  /** What is done with one request. */
  @FunctionalInterface
  interface Handler {
    void handle(ThriftPeer peer, Request request) throws IOException, InterruptedException;
  }

  /** One request; the text is its first argument, if that is a string. */
  record Request(String name, byte type, int id, String text) {}

  final FlakyConnection connection;

  private ThriftPeer(FlakyConnection connection) {
    this.connection = connection;
  }

  /** What a server does with all requests of a connection. */
  static Behaviour behaving(Handler handler) {
    return connection -> {
      ThriftPeer peer = new ThriftPeer(connection);
      for (Request next = peer.next(); next != null; next = peer.next()) {
        handler.handle(peer, next);
      }
    };
  }

  /** What a good server does. */
  static Behaviour good() {
    return behaving(ThriftPeer::answer);
  }

  private @Nullable Request next() throws IOException {
    byte[] header = connection.readBytes(4);
    if (header == null) {
      return null;
    }
    byte[] frame = connection.readBytes(ByteBuffer.wrap(header).getInt());
    try {
      TBinaryProtocol protocol = new TBinaryProtocol(new TMemoryInputTransport(frame));
      TMessage message = protocol.readMessageBegin();
      String text = "";
      if (protocol.readFieldBegin().type == TType.STRING) {
        text = protocol.readString();
      }
      return new Request(message.name, message.type, message.seqid, text);
    } catch (TException unreadable) {
      throw new AssertionError("the client sent " + Arrays.toString(frame), unreadable);
    }
  }

  void answer(Request request) throws IOException {
    send(reply(request));
  }

  void send(byte[] bytes) throws IOException {
    connection.send(bytes);
  }

  static byte[] reply(Request request) {
    return reply(request.name(), request.id(), EchoHandler.answerTo(request.text()));
  }

  /** A frame with a result of type string. */
  static byte[] reply(String name, int id, String result) {
    return frame(
        message(
            name,
            TMessageType.REPLY,
            id,
            out -> {
              out.writeByte(TType.STRING);
              out.writeShort(0);
              string(out, result);
              out.writeByte(TType.STOP);
            }));
  }

  /** A frame with an application exception. */
  static byte[] exception(String name, int id, int type, String text) {
    return frame(
        message(
            name,
            TMessageType.EXCEPTION,
            id,
            out -> {
              out.writeByte(TType.STRING);
              out.writeShort(1);
              string(out, text);
              out.writeByte(TType.I32);
              out.writeShort(2);
              out.writeInt(type);
              out.writeByte(TType.STOP);
            }));
  }

  @FunctionalInterface
  interface Body {
    void write(DataOutputStream out) throws IOException;
  }

  static byte[] message(String name, byte type, int id, Body body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    try {
      out.writeInt(0x80010000 | type);
      string(out, name);
      out.writeInt(id);
      body.write(out);
    } catch (IOException impossible) {
      throw new AssertionError(impossible);
    }
    return bytes.toByteArray();
  }

  static void string(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  static byte[] frame(byte[]... payload) {
    int length = 0;
    for (byte[] part : payload) {
      length += part.length;
    }
    ByteBuffer frame = ByteBuffer.allocate(4 + length).putInt(length);
    for (byte[] part : payload) {
      frame.put(part);
    }
    return frame.array();
  }
}
