package io.connpool.demo;

import io.connpool.ConnectionStats;
import io.connpool.PoolConfig;
import io.connpool.PoolStats;
import java.time.Duration;
import java.util.List;

/** One pool, and how to ask the server behind it something. Any thread may call any method. */
interface Client {

  /** Within one machine an answer takes milliseconds; after a second there will be none. */
  Duration ANSWER_LIMIT = Duration.ofSeconds(1);

  /** What happens to the threads is up to the pool; what comes back is checked. */
  void ask() throws Exception;

  PoolStats stats();

  List<ConnectionStats> connections();

  PoolConfig config();

  /** Lets requests under way finish for so long. */
  void close(Duration grace);
}
