/** Redis as a third party would bring it to ConnPool: nothing is used but the public API. */
module io.connpool.redis {
  requires transitive io.connpool;

  exports io.connpool.redis;

  provides io.connpool.spi.TransportProvider with
      io.connpool.redis.RedisProvider;
}
