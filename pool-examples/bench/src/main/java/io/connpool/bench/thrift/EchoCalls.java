package io.connpool.bench.thrift;

import io.connpool.bench.harness.ClosedLoop.Operation;
import io.connpool.bench.thrift.peer.Peer;
import java.io.IOException;
import org.apache.thrift.TException;

/**
 * What a caller does: no two requests are the same, and every answer is compared with its request.
 */
final class EchoCalls implements Operation {
  private final Peer.Caller caller;
  private final int number;
  private final String filler;
  private long calls;

  private EchoCalls(Peer.Caller caller, Load load, int number) {
    this.caller = caller;
    this.number = number;
    filler = "x".repeat(load.payload());
  }

  /** Of one caller, which connects if it has a connection of its own. */
  static EchoCalls of(Peer peer, Load load, int number) throws IOException {
    try {
      return new EchoCalls(peer.caller(), load, number);
    } catch (TException noConnection) {
      throw new IOException(noConnection);
    }
  }

  @Override
  public long once() throws IOException {
    String head = number + "-" + ++calls;
    String request = head + filler.substring(Math.min(filler.length(), head.length()));
    String answer;
    try {
      answer = caller.echo(request);
    } catch (TException noAnswer) {
      throw new IOException(noAnswer);
    }
    if (!request.equals(answer)) {
      throw new IllegalStateException("asked " + request + ", got " + answer);
    }
    return 0;
  }
}
