/**
 * Pooled connections to Redis, by the scheme of a URI:
 *
 * <pre>{@code
 * URI uri = URI.create("redis://:secret@localhost:6379?db=3&maxActive=16");
 * ConnPool<RedisConnection> pool = ConnPool.open(uri, RedisConnection.class);
 *
 * pool.run(redis -> redis.call("SET", "greeting", "hello"));
 * String hello = pool.call(redis -> redis.call("GET", "greeting").text());
 *
 * List<Reply> replies =                        // one write, one round trip
 *     pool.call(redis -> redis.pipeline(
 *         List.of(Command.of("INCR", "visits"), Command.of("EXPIRE", "visits", 60))));
 * }</pre>
 *
 * <p>It is the larger example of {@code pool-core/docs/writing-a-transport.md}. What makes it more
 * than a socket is how it answers the pool's questions: a reply that is an error costs no
 * connection; one whose replies were not all read, or whose session the holder has changed, is not
 * lent again.
 */
package io.connpool.redis;
