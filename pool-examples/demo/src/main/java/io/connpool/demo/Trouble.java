package io.connpool.demo;

import io.connpool.PoolStats;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What a pool did about the trouble of its server, from its figures before it and now. */
record Trouble(Lane<?> lane, PoolStats before, long failedBefore, long maybeRunBefore) {

  /** As its lane is now. */
  static Trouble before(Lane<?> lane) {
    return new Trouble(lane, lane.client().stats(), lane.tally().failed(), lane.tally().maybeRun());
  }

  /** At the moment at which the server is back. */
  String meanwhile() {
    PoolStats now = lane.client().stats();
    List<String> deeds = new ArrayList<>();
    long closed = now.closed() - before.closed();
    if (closed > 0) {
      deeds.add("closed " + Text.count(closed, "connection") + " that could not be trusted");
    }
    long dials = now.dialFailures() - before.dialFailures();
    if (dials > 0) {
      deeds.add(
          "tried %s in vain, never more than %d at once"
              .formatted(Text.count(dials, "dial"), lane.client().config().maxConcurrentDials()));
    }
    long failed = lane.tally().failed() - failedBefore;
    long maybeRun = lane.tally().maybeRun() - maybeRunBefore;
    if (failed > 0) {
      deeds.add(
          "let %s fail: %s surely not run, %s perhaps"
              .formatted(
                  Text.count(failed, "call"), Text.count(failed - maybeRun), Text.count(maybeRun)));
    }
    if (deeds.isEmpty()) {
      deeds.add("let its callers wait, none in vain");
    }
    return "-> pool " + lane.name() + " meanwhile " + String.join("; ", deeds);
  }

  /** At the first answer after it. */
  String answersAgain() {
    Duration after = lane.tally().recovery().flatMap(Recovery::firstSuccess).orElse(Duration.ZERO);
    long dialed = lane.client().stats().dialed() - before.dialed();
    return "-> pool %s answers again, %s after its server was back%s"
        .formatted(
            lane.name(),
            Text.millis(after),
            dialed == 0 ? ", over the connections it had" : ", over new connections");
  }
}
