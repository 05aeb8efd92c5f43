package io.connpool.thrift;

import static io.connpool.thrift.ThriftWorld.connections;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.connpool.Lease;
import io.connpool.thrift.gen.Counter;
import io.connpool.thrift.gen.Echo;
import io.connpool.thrift.gen.Parcel;
import io.connpool.thrift.gen.Refused;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.thrift.TApplicationException;
import org.apache.thrift.protocol.TProtocolException;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything a client can do, with every server of Apache's, protocol and framing. */
class MatrixTest {
  @RegisterExtension final ThriftWorld world = new ThriftWorld();

  static Stream<Arguments> servers() {
    return Stream.of(EchoServer.Kind.values())
        .flatMap(
            kind ->
                Stream.of(Encoding.values())
                    .flatMap(
                        encoding ->
                            Stream.of(true, false)
                                .filter(framed -> framed || !kind.onlyFramed())
                                .map(framed -> Arguments.of(kind, encoding, framed))));
  }

  @ParameterizedTest(name = "{0} {1} framed={2}")
  @MethodSource("servers")
  void everyKindOfCallWorksAndKeepsTheConnection(
      EchoServer.Kind kind, Encoding encoding, boolean framed) throws Exception {
    EchoServer server = world.server(EchoServer.start(kind, encoding, framed));
    ThriftPool<Echo.Iface> pool =
        world.pool(
            speaking(ThriftPool.builder(Echo.Iface.class), encoding, framed)
                .endpoint(server.endpoint())
                .heartbeatByUnknownMethod()
                // TSimpleServer serves one connection at a time
                .maxActive(1));

    everyKindOfCall(pool.client());
    try (Lease<Echo.Iface> lease = pool.lease()) {
      everyKindOfCall(lease.get());
    }
    pool.run(MatrixTest::everyKindOfCall);

    assertEquals(1, pool.stats().dialed(), "a good connection was closed");
    assertEquals(1, connections(pool));
  }

  static void everyKindOfCall(Echo.Iface client) throws Exception {
    client.ping();
    assertEquals("answer to \u00e4\ud83d\ude00", client.echo("\u00e4\ud83d\ude00"));
    assertEquals("answer to " + "x".repeat(100_000), client.echo("x".repeat(100_000)));

    assertEquals("why", assertThrows(Refused.class, () -> client.refuse("why")).getWhy());
    TApplicationException crashed =
        assertThrows(TApplicationException.class, () -> client.crash("why"));
    assertEquals(TApplicationException.INTERNAL_ERROR, crashed.getType());

    int notesBefore = client.notes();
    client.note("one-way");
    client.note("crash");
    ThriftWorld.eventually(() -> "two notes", () -> notes(client) == notesBefore + 2);

    Parcel parcel = new Parcel();
    assertThrows(TProtocolException.class, () -> client.send(parcel), "label is required");
    parcel.setLabel("label");
    parcel.setContent(new byte[] {0, -1, 7});
    assertEquals(parcel, client.send(parcel));

    ByteBuffer ones = client.blob(1000, (byte) 1);
    ByteBuffer twos = client.blob(1000, (byte) 2);
    assertEquals(filled(1000, 1), ones, "the next answer was written over this one");
    assertEquals(filled(1000, 2), twos);
    assertEquals(filled(300_000, 3), client.blob(300_000, (byte) 3));
  }

  private static int notes(Echo.Iface client) {
    try {
      return client.notes();
    } catch (Exception failure) {
      throw new AssertionError(failure);
    }
  }

  private static ByteBuffer filled(int size, int value) {
    byte[] bytes = new byte[size];
    Arrays.fill(bytes, (byte) value);
    return ByteBuffer.wrap(bytes);
  }

  @ParameterizedTest
  @EnumSource(Encoding.class)
  void servicesShareConnectionsAndNeverGetEachOthersAnswers(Encoding encoding) throws Exception {
    EchoServer server =
        world.server(EchoServer.startMultiplexed(EchoServer.Kind.THREADED_SELECTOR, encoding));
    ThriftPool<Echo.Iface> pool =
        world.pool(
            speaking(ThriftPool.builder(Echo.Iface.class), encoding, true)
                .endpoint(server.endpoint())
                .service("echo")
                .heartbeatByUnknownMethod()
                .maxActive(2));
    Echo.Iface echo = pool.client();
    Counter.Iface counter = pool.client(Counter.Iface.class, "counter");

    ExecutorService callers = Executors.newFixedThreadPool(8);
    try {
      List<CompletableFuture<Void>> all =
          IntStream.range(0, 8)
              .mapToObj(n -> CompletableFuture.runAsync(() -> talk(echo, counter, n), callers))
              .toList();
      all.forEach(CompletableFuture::join);
    } finally {
      callers.shutdown();
    }

    assertEquals(50, counter.add("sum-3", 0));
    assertEquals(2, pool.stats().dialed());
  }

  private static void talk(Echo.Iface echo, Counter.Iface counter, int number) {
    try {
      for (int i = 0; i < 50; i++) {
        String text = number + "-" + i;
        assertEquals("answer to " + text, echo.echo(text));
        assertEquals(i + 1, counter.add("sum-" + number, 1));
        assertEquals("answer to c" + text, counter.echo("c" + text));
      }
    } catch (Exception failure) {
      throw new AssertionError(failure);
    }
  }

  static <I> ThriftPoolBuilder<I> speaking(
      ThriftPoolBuilder<I> builder, Encoding encoding, boolean framed) {
    ThriftPoolBuilder<I> so =
        switch (encoding) {
          case BINARY -> builder.binary();
          case COMPACT -> builder.compact();
          case JSON -> builder.json();
        };
    return framed ? so.framed() : so.buffered();
  }
}
