package io.connpool.demo;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What is left to say when the show is over. */
record Summary(Duration elapsed, long wrongAnswers, List<Lane<?>> lanes) {

  @Override
  public String toString() {
    long answered = lanes.stream().mapToLong(lane -> lane.tally().answered().count()).sum();
    long failed = lanes.stream().mapToLong(lane -> lane.tally().failed()).sum();
    StringBuilder text = new StringBuilder();
    line(text, "");
    line(text, "wrong answers: %s", Text.count(wrongAnswers));
    line(
        text,
        "exchanges: %s in %s, %s per second of a paced load",
        Text.count(answered),
        Text.seconds(elapsed).strip(),
        Text.perSecond(answered, elapsed));
    line(text, "failures: %s", Text.count(failed));
    failuresByKind()
        .forEach(
            (kind, count) ->
                line(text, "%9s  %-34s %s", Text.count(count), kind.what(), kind.wasSent()));
    lanes.forEach(lane -> line(text, "%s", fate(lane)));
    return text.toString();
  }

  private static void line(StringBuilder text, String pattern, Object... values) {
    text.append(Text.format(pattern, values)).append(System.lineSeparator());
  }

  private Map<FailureKind, Long> failuresByKind() {
    return lanes.stream()
        .flatMap(lane -> lane.tally().failures().entrySet().stream())
        .collect(
            Collectors.groupingBy(
                Map.Entry::getKey,
                () -> new TreeMap<>(FailureKind.BY_NAME),
                Collectors.summingLong(failure -> failure.getValue().sum())));
  }

  private static String fate(Lane<?> lane) {
    String subject = "recovery of pool " + lane.name() + ": ";
    return lane.tally()
        .recovery()
        .map(recovery -> subject + describe(recovery))
        .orElse(subject + "not seen, the show ended before its server was back");
  }

  private static String describe(Recovery recovery) {
    String success =
        recovery
            .firstSuccess()
            .map(after -> "first success " + Text.millis(after) + " after its server was back")
            .orElse("no success since its server was back");
    String failure =
        recovery
            .lastFailure()
            .map(after -> "last failure " + Text.millis(after) + " after")
            .orElse("no failure");
    return success + ", " + failure;
  }
}
