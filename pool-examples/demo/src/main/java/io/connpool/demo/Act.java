package io.connpool.demo;

import java.io.IOException;
import java.util.List;

/** What can be done to the server of a lane. */
enum Act {
  KILL,
  STOP,
  HANG,
  RESTART;

  /** An act on one lane, when this part of the time is over. */
  record Cue(double part, String lane, Act act) {}

  /** One trouble for each of them, with time to see what the pool makes of it. */
  static final List<Cue> SCRIPT =
      List.of(
          new Cue(0.10, Show.TCP, KILL),
          new Cue(0.22, Show.TCP, RESTART),
          new Cue(0.38, Show.THRIFT, STOP),
          new Cue(0.52, Show.THRIFT, RESTART),
          new Cue(0.66, Show.MUX, KILL),
          new Cue(0.78, Show.MUX, RESTART));

  void play(Lane<?> lane) throws IOException, InterruptedException {
    switch (this) {
      case KILL -> lane.kill();
      case STOP -> lane.stop();
      case HANG -> lane.hang();
      case RESTART -> lane.restart();
    }
  }
}
