package io.connpool.tcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ids G-28, G-29, G-40 to G-48 and Q-02 of the study of the seeds, byte for byte. */
class FramingTest {

  @Test
  void g40_theUsualFrameIsGtcpsPackage() throws Exception {
    assertEquals("000439393939", encoded(Framing.lengthPrefixed(), "9999"));
    assertEquals("9999", decoded(Framing.lengthPrefixed(), "000439393939ff"));
  }

  @Test
  void fourBytesAreThriftsFramedTransport() throws Exception {
    assertEquals("000000026869", encoded(Framing.lengthPrefixed().headerBytes(4), "hi"));
  }

  @Test
  void g41_littleEndianInclusive() throws Exception {
    Framing framing =
        Framing.lengthPrefixed()
            .headerBytes(4)
            .order(ByteOrder.LITTLE_ENDIAN)
            .lengthIncludesHeader(true);
    assertEquals("0800000061626364", encoded(framing, "abcd"));
    assertEquals("abcd", decoded(framing, "0800000061626364"));
  }

  @Test
  void g41_anAdjustmentIsWhatTheLengthSaysBeyond() throws Exception {
    Framing framing = Framing.lengthPrefixed().headerBytes(1).lengthAdjustment(2);
    assertEquals("046869", encoded(framing, "hi"));
    assertEquals("hi", decoded(framing, "046869"));
    assertThrows(FrameException.class, () -> decoded(framing, "01"));
    Framing less = Framing.lengthPrefixed().headerBytes(1).lengthAdjustment(-1);
    assertEquals("016869", encoded(less, "hi"));
    assertThrows(IllegalArgumentException.class, () -> encoded(less, ""));
  }

  @Test
  void q02_magicBytesShowThatThePositionIsLost() throws Exception {
    Framing framing = Framing.lengthPrefixed().magic((byte) 0xCA, (byte) 0xFE);
    assertEquals("cafe00026869", encoded(framing, "hi"));
    assertEquals("hi", decoded(framing, "cafe00026869"));
    var lost = assertThrows(FrameException.class, () -> decoded(framing, "2acafe00026869"));
    assertTrue(lost.getMessage().contains("cafe") && lost.getMessage().contains("2aca"));
    assertThrows(FrameException.class, () -> framing.length(bytes("2a"), 0), "at the first byte");
  }

  @Test
  void g42_whatAHeaderCanSayIsTheLimit() throws Exception {
    Framing one = Framing.lengthPrefixed().headerBytes(1);
    assertEquals(512, encoded(one, "x".repeat(255)).length());
    var tooLong = assertThrows(IllegalArgumentException.class, () -> encoded(one, "x".repeat(256)));
    assertTrue(tooLong.getMessage().contains("255") && tooLong.getMessage().contains("256"));
    Framing four = Framing.lengthPrefixed().headerBytes(4);
    assertEquals((16 << 20) + 4, four.length(bytes("01000000"), 0));
    assertThrows(FrameException.class, () -> four.length(bytes("01000001"), 0));
    assertThrows(FrameException.class, () -> four.length(bytes("ffffffff"), 0));
  }

  @Test
  void g48_gtcpsFormatOf2019HasAChecksumBehindTheTotalLength() throws Exception {
    Framing framing =
        Framing.lengthPrefixed().headerBytes(3).lengthIncludesHeader(true).checksum(CRC32::new);
    // 16 bytes in all; cbf43926 is what every CRC-32 must make of these nine.
    assertEquals("000010cbf43926313233343536373839", encoded(framing, "123456789"));
    assertEquals("123456789", decoded(framing, "000010cbf43926313233343536373839ff"));
    var flipped =
        assertThrows(
            FrameException.class, () -> decoded(framing, "000010cbf43926313233343536373939"));
    assertTrue(flipped.getMessage().contains("cbf43926"), flipped::getMessage);
    assertEquals(Framing.UNKNOWN, framing.length(bytes("000010cbf439"), 0));
    Framing little =
        Framing.lengthPrefixed()
            .order(ByteOrder.LITTLE_ENDIAN)
            .checksum(CRC32C::new)
            .magic((byte) 7);
    assertEquals("070900839206e3313233343536373839", encoded(little, "123456789"));
    assertEquals("123456789", decoded(little, "070900839206e3313233343536373839"));
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 5, 8, 9})
  void g43_aHeaderOfAnotherSizeIsQuoted(int size) {
    var wrong =
        assertThrows(
            IllegalArgumentException.class, () -> Framing.lengthPrefixed().headerBytes(size));
    assertTrue(wrong.getMessage().contains(Integer.toString(size)), wrong::getMessage);
  }

  @Test
  void g44_aMaximumBeyondTheHeaderIsQuoted() {
    LengthPrefixed one = Framing.lengthPrefixed().headerBytes(1);
    var wrong = assertThrows(IllegalArgumentException.class, () -> one.max(300));
    assertTrue(wrong.getMessage().contains("300"), wrong::getMessage);
    assertThrows(IllegalArgumentException.class, () -> one.max(0));
    LengthPrefixed two = Framing.lengthPrefixed().max(300);
    assertThrows(IllegalArgumentException.class, () -> two.headerBytes(1));
    assertThrows(IllegalArgumentException.class, () -> one.lengthIncludesHeader(true).max(255));
  }

  @Test
  void g46_anEmptyFrameIsOne() throws Exception {
    assertEquals("0000", encoded(Framing.lengthPrefixed(), ""));
    assertEquals("", decoded(Framing.lengthPrefixed(), "0000"));
  }

  @Test
  void g28_linesEndWithALineFeedAndMayHaveACarriageReturn() throws Exception {
    assertEquals("a", decoded(Framing.lines(), "610d0a620a"));
    assertEquals("", decoded(Framing.lines(), "0a"));
    assertEquals("610a", encoded(Framing.lines(), "a"));
    Framing three = Framing.lines(3);
    assertEquals("abc", decoded(three, "6162630d0a"));
    assertThrows(FrameException.class, () -> three.length(bytes("616263640a"), 0));
    assertThrows(FrameException.class, () -> three.length(bytes("6162636465"), 0));
    assertEquals(Framing.UNKNOWN, three.length(bytes("6162630d"), 0), "its end may come");
    for (String bad : new String[] {"a\nb", "a\r", "abcd"}) {
      assertThrows(IllegalArgumentException.class, () -> encoded(three, bad));
    }
  }

  @Test
  void g29_aMarkIsComparedExactly() throws Exception {
    Framing end = Framing.delimiter("END".getBytes(UTF_8), 100);
    assertEquals("xend y", decoded(end, HexFormat.of().formatHex("xend yENDz".getBytes(UTF_8))));
    var empty =
        assertThrows(IllegalArgumentException.class, () -> Framing.delimiter(new byte[0], 100));
    assertTrue(empty.getMessage().contains("empty"));
    assertThrows(IllegalArgumentException.class, () -> Framing.delimiter(new byte[1], 0));
    assertThrows(IllegalArgumentException.class, () -> encoded(end, "an END"));
    Framing twice = Framing.delimiter("aa".getBytes(UTF_8), 100);
    assertThrows(IllegalArgumentException.class, () -> encoded(twice, "xa"), "ends a byte early");
  }

  @Test
  void fixedMessagesHaveTheirLength() throws Exception {
    assertEquals("6162", encoded(Framing.fixed(2), "ab"));
    assertEquals("ab", decoded(Framing.fixed(2), "616263"));
    assertThrows(IllegalArgumentException.class, () -> encoded(Framing.fixed(2), "a"));
    assertThrows(IllegalArgumentException.class, () -> Framing.fixed(0));
  }

  /** Each prefix of a stream says "not yet" until the frame is whole, however it is cut. */
  @Test
  void aFrameIsFoundWhereverTheStreamIsCut() throws Exception {
    Framing[] framings = {
      Framing.lengthPrefixed().headerBytes(3).magic((byte) 7),
      Framing.lines(),
      Framing.delimiter("-=-".getBytes(UTF_8), 100),
      Framing.fixed(20)
    };
    Random random = new Random(7);
    for (Framing framing : framings) {
      String text = "-".repeat(random.nextInt(5)) + "=".repeat(3) + "a message here";
      String message = (text + "b".repeat(20)).substring(0, 20);
      ByteBuffer whole = bytes(encoded(framing, message));
      int seen = 0;
      for (int cut = 0; cut < whole.capacity(); cut++) {
        int length = framing.length(whole.duplicate().limit(cut), seen);
        assertTrue(length == Framing.UNKNOWN || length == whole.capacity(), () -> "at " + message);
        seen = cut;
      }
      assertEquals(whole.capacity(), framing.length(whole, seen));
    }
  }

  @Test
  void aPayloadIsNotChanged() {
    byte[] content = "hello".getBytes(UTF_8);
    ByteBuffer payload = ByteBuffer.wrap(content, 1, 3);
    Framing.lengthPrefixed().frame(payload)[1].get();
    assertEquals(3, payload.remaining());
    assertArrayEquals("hello".getBytes(UTF_8), content);
  }

  private static String encoded(Framing framing, String payload) {
    StringBuilder all = new StringBuilder();
    for (ByteBuffer part : framing.frame(ByteBuffer.wrap(payload.getBytes(UTF_8)))) {
      byte[] bytes = new byte[part.remaining()];
      part.get(bytes);
      all.append(HexFormat.of().formatHex(bytes));
    }
    return all.toString();
  }

  private static String decoded(Framing framing, String hex) throws FrameException {
    ByteBuffer stream = bytes(hex);
    ByteBuffer frame = stream.duplicate().limit(framing.length(stream, 0));
    framing.strip(frame);
    return UTF_8.decode(frame).toString();
  }

  private static ByteBuffer bytes(String hex) {
    return ByteBuffer.wrap(HexFormat.of().parseHex(hex));
  }
}
