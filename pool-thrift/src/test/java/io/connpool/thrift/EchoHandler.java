package io.connpool.thrift;

import io.connpool.thrift.gen.Counter;
import io.connpool.thrift.gen.Echo;
import io.connpool.thrift.gen.Parcel;
import io.connpool.thrift.gen.Refused;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.thrift.TException;

/** Both services of the tests, and a record of what has run. */
final class EchoHandler implements Echo.Iface, Counter.Iface {
  private final AtomicInteger notes = new AtomicInteger();
  private final Map<String, Long> sums = new ConcurrentHashMap<>();
  private final Map<String, Integer> runs = new ConcurrentHashMap<>();

  /** How often {@code echo} or {@code echoLater} has run with this text. */
  int runs(String text) {
    return runs.getOrDefault(text, 0);
  }

  @Override
  public void ping() {}

  @Override
  public String echo(String text) {
    runs.merge(text, 1, Integer::sum);
    return answerTo(text);
  }

  static String answerTo(String text) {
    return "answer to " + text;
  }

  @Override
  public String echoLater(String text, int millis) throws TException {
    runs.merge(text, 1, Integer::sum);
    try {
      TimeUnit.MILLISECONDS.sleep(millis); // a slow answer is what it is for
    } catch (InterruptedException ended) {
      throw new TException("the server is being stopped");
    }
    return answerTo(text);
  }

  @Override
  public String refuse(String why) throws Refused {
    Refused refused = new Refused();
    refused.setWhy(why);
    throw refused;
  }

  @Override
  public String crash(String why) {
    throw new IllegalStateException(why);
  }

  @Override
  public ByteBuffer blob(int size, byte value) {
    byte[] bytes = new byte[size];
    Arrays.fill(bytes, value);
    return ByteBuffer.wrap(bytes);
  }

  @Override
  public Parcel send(Parcel parcel) {
    return parcel;
  }

  @Override
  public void note(String text) {
    notes.incrementAndGet();
    if (text.equals("crash")) {
      throw new IllegalStateException("a one-way call that fails");
    }
  }

  @Override
  public int notes() {
    return notes.get();
  }

  @Override
  public long add(String name, long amount) {
    return sums.merge(name, amount, Long::sum);
  }
}
