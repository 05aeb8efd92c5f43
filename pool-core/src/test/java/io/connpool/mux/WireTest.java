package io.connpool.mux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The golden frames of docs/mux-protocol.md, both ways, cut anywhere. */
class WireTest {
  private static final Path PAGE = Path.of("docs", "mux-protocol.md");

  private record Seen(int type, boolean more, int code, long id, String payload) {}

  private static Map<String, byte[]> golden() throws IOException {
    Map<String, byte[]> frames = new LinkedHashMap<>();
    String page = Files.readString(PAGE);
    String block = page.substring(page.indexOf("```\nhello") + 4, page.lastIndexOf("```"));
    for (String line : block.strip().split("\n")) {
      String hex = line.substring(13).replace(" ", "");
      frames.put(line.substring(0, 13).strip(), HexFormat.of().parseHex(hex));
    }
    return frames;
  }

  private static List<Seen> decode(byte[] stream, Random cuts) throws IOException {
    List<Seen> seen = new ArrayList<>();
    FrameDecoder decoder =
        new FrameDecoder(
            Wire.MOST_PAYLOAD,
            (type, more, code, id, payload) ->
                seen.add(new Seen(type, more, code, id, HexFormat.of().formatHex(payload))));
    for (int from = 0; from < stream.length; ) {
      int to = Math.min(stream.length, from + 1 + cuts.nextInt(40));
      decoder.decode(ByteBuffer.wrap(stream, from, to - from));
      from = to;
    }
    assertTrue(!decoder.isInsideFrame());
    return seen;
  }

  @Test
  void theGoldenFramesMeanWhatThePageSaysHoweverTheyArrive() throws Exception {
    ByteBuffer all = ByteBuffer.allocate(1000);
    golden().values().forEach(all::put);
    byte[] stream = java.util.Arrays.copyOf(all.array(), all.position());
    List<Seen> expected =
        List.of(
            new Seen('H', false, 0, 0, "43504d5801010000000100000100000000002800"),
            new Seen('Q', false, 1000, 1, "74696d65"),
            new Seen('A', false, 0, 1, "31323a3030"),
            new Seen('E', false, 1, 2, "6e6f"),
            new Seen('R', false, 1, 3, ""),
            new Seen('O', false, 0, 4, "21"),
            new Seen('C', false, 0, 5, ""),
            new Seen('I', false, 0, 6, ""),
            new Seen('J', false, 0, 6, ""),
            new Seen('G', false, 0, 0, "00000000000000076279"),
            new Seen('Q', true, 0, 8, "6162"),
            new Seen('Q', false, 0, 8, "63"),
            new Seen('Q', false, 0, 9, "78"));
    for (int seed = 0; seed < 200; seed++) {
      assertEquals(expected, decode(stream, new Random(seed)));
    }
  }

  @Test
  void whatIsSentIsGolden() throws Exception {
    Map<String, byte[]> golden = golden();
    byte[] hello = new Hello(65_536, 16 << 20, 10_240).encode();
    assertArrayEquals(golden.get("hello"), sent(new Message(Wire.HELLO, 0, 0, hello)));
    assertArrayEquals(
        golden.get("request"), sent(new Message(Wire.REQUEST, 1000, 1, "time".getBytes())));
    assertArrayEquals(
        golden.get("answer"), sent(new Message(Wire.ANSWER, 0, 1, "12:00".getBytes())));
    assertArrayEquals(golden.get("refused"), sent(new Message(Wire.REFUSED, 1, 3, new byte[0])));
    assertArrayEquals(golden.get("cancel"), sent(new Message(Wire.CANCEL, 0, 5, new byte[0])));
    assertEquals(new Hello(65_536, 16 << 20, 10_240), Hello.decode(hello));
  }

  private static byte[] sent(Message message) throws IOException {
    FrameChannels.Pair pair = FrameChannels.inMemory();
    Gate gate = new Gate(1, 1000, exchange -> {});
    Outbox outbox = new Outbox(pair.left(), gate, new Admission(1));
    gate.force(message.cost());
    outbox.add(message);
    assertTrue(outbox.tryOwn());
    assertEquals(Outbox.Outcome.DONE, outbox.drain(1));
    assertEquals(0, gate.bytes());
    ByteBuffer received = ByteBuffer.allocate(1000);
    pair.right().read(received);
    return java.util.Arrays.copyOf(received.array(), received.position());
  }

  /** M-16: an id comes once in 2^64 messages, 0 never, also where the numbers wrap. */
  @Test
  void idsGoOnAcrossTheirSign() {
    Calls calls = new Calls(16, -3);
    List<Long> ids = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      Exchange.Sync call = new Exchange.Sync(Wire.REQUEST, new byte[0], 0, 1);
      assertTrue(calls.add(call));
      ids.add(call.id);
    }
    assertEquals(List.of(-3L, -2L, -1L, 1L, 2L, 3L), ids);
  }

  @Test
  void aSlotIsFreeAtOnceAndItsOldIdMatchesNothing() {
    Calls calls = new Calls(1, 1);
    Exchange.Sync old = new Exchange.Sync(Wire.REQUEST, new byte[0], 0, 1);
    assertTrue(calls.add(old));
    assertTrue(calls.remove(old));
    for (int i = 0; i < 1000; i++) {
      Exchange.Sync next = new Exchange.Sync(Wire.REQUEST, new byte[0], 0, 1);
      assertTrue(calls.add(next));
      assertTrue(calls.find(old.id) == null);
      assertTrue(calls.find(next.id) == next);
      assertTrue(calls.remove(next));
    }
  }
}
