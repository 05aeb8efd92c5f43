package io.connpool.commons;

import io.connpool.ConnPool;
import io.connpool.PoolBuilder;
import io.connpool.WhenExhausted;
import io.connpool.commons.TranslationNote.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.commons.pool2.ObjectPool;
import org.apache.commons.pool2.PooledObjectFactory;
import org.apache.commons.pool2.impl.BaseObjectPoolConfig;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;

/**
 * The settings of a {@code GenericObjectPool}, translated, with a report of what changes.
 *
 * <pre>{@code
 * ConfigTranslation translation = ConfigTranslation.of(config);
 * log.info(translation.toString());                        // one line for each setting
 * ObjectPool<Client> pool = translation.objectPool(factory);
 * }</pre>
 *
 * <p>{@link #builder} gives the translated settings to be refined: a maxLifetime, more attempts per
 * dial, and whatever else a {@code GenericObjectPool} does not have.
 *
 * <p>The configuration is read once; later changes of it have no effect. Immutable.
 */
public final class ConfigTranslation {
  /** More than any pool waits. */
  private static final Duration FOR_EVER = Duration.ofSeconds(Long.MAX_VALUE);

  private final List<TranslationNote> notes = new ArrayList<>();
  private final List<Consumer<PoolBuilder<?>>> settings = new ArrayList<>();
  private final Set<FactoryTransport.Test> tests = EnumSet.noneOf(FactoryTransport.Test.class);

  private ConfigTranslation(GenericObjectPoolConfig<?> config) {
    set(pool -> pool.maxLifetime(Duration.ZERO)); // a GenericObjectPool knows no age
    translateSize(config);
    translateIdle(config);
    translateWaiting(config);
    translateTests(config);
    translateManagement(config);
  }

  /**
   * Translates these settings.
   *
   * @param config what a {@code GenericObjectPool} would be given
   * @return the translation
   * @throws IllegalArgumentException if maxTotal is 0, with which nothing could ever be borrowed
   */
  public static ConfigTranslation of(GenericObjectPoolConfig<?> config) {
    return new ConfigTranslation(config);
  }

  /**
   * Describes a pool with these settings.
   *
   * @param factory makes the objects
   * @param <T> the type of the objects
   * @return a builder that may be refined
   */
  public <T> PoolBuilder<T> builder(PooledObjectFactory<T> factory) {
    PoolBuilder<T> builder = ConnPool.builder(FactoryTransport.of(factory, tests));
    settings.forEach(setting -> setting.accept(builder));
    return builder;
  }

  /**
   * Starts a pool with these settings: what takes the place of {@code new
   * GenericObjectPool<>(factory, config)}.
   *
   * @param factory makes the objects
   * @param <T> the type of the objects
   * @return a pool that the caller must close
   */
  public <T> ObjectPool<T> objectPool(PooledObjectFactory<T> factory) {
    return ObjectPoolView.of(builder(factory).build());
  }

  /**
   * What becomes of each setting, those with default values included.
   *
   * @return one note for each setting, immutable
   */
  public List<TranslationNote> notes() {
    return List.copyOf(notes);
  }

  /** One line for each note. */
  @Override
  public String toString() {
    return notes.stream()
        .map(TranslationNote::toString)
        .collect(Collectors.joining(System.lineSeparator()));
  }

  // --- the translation ---

  private void translateSize(GenericObjectPoolConfig<?> config) {
    int maxTotal = config.getMaxTotal();
    if (maxTotal == 0) {
      throw new IllegalArgumentException(
          "maxTotal must be 1 or more, or negative for no limit, but is 0");
    }
    set(pool -> pool.maxActive(Math.max(0, maxTotal)));
    same("maxTotal", maxTotal, "maxActive");
    changed(
        "makeObject",
        "no limit",
        "runs on the pool's threads, at most 4 at once, and is cut off after the dial timeout, 5 s");
  }

  private void translateIdle(GenericObjectPoolConfig<?> config) {
    int maxIdle = config.getMaxIdle();
    int minIdle = Math.max(0, atMost(maxIdle, atMost(config.getMaxTotal(), config.getMinIdle())));
    Duration hard = config.getMinEvictableIdleDuration();
    Duration soft = config.getSoftMinEvictableIdleDuration();
    Duration runs = config.getDurationBetweenEvictionRuns();
    boolean evictor = isPositive(runs);
    Duration limit = !isPositive(soft) || (isPositive(hard) && isLess(hard, soft)) ? hard : soft;
    boolean expires = evictor && isPositive(limit);
    boolean surplus = maxIdle >= 0 && (maxIdle < config.getMaxTotal() || config.getMaxTotal() < 0);

    set(pool -> pool.minIdle(minIdle));
    if (expires) {
      set(pool -> pool.maxIdle(minIdle).idleTimeout(limit));
    } else if (maxIdle < 0) {
      set(pool -> pool.idleTimeout(Duration.ZERO));
    } else {
      set(pool -> pool.maxIdle(maxIdle));
    }

    if (!surplus) {
      same("maxIdle", maxIdle, "nothing is closed because of its return");
    } else if (expires) {
      changed(
          "maxIdle", maxIdle, "no effect: what is idle beyond minIdle is closed after " + limit);
    } else {
      changed(
          "maxIdle",
          maxIdle,
          "what is idle beyond it is closed after the idle timeout, 2 min, not on its return");
    }
    if (minIdle > 0 && !evictor) {
      changed("minIdle", config.getMinIdle(), "kept from the start, without an evictor too");
    } else {
      same("minIdle", config.getMinIdle(), "kept ready");
    }
    if (!evictor) {
      same("minEvictableIdleDuration", hard, "no effect: there are no eviction runs");
      same("softMinEvictableIdleDuration", soft, "no effect: there are no eviction runs");
    } else {
      String kept = "the idle timeout; the minIdle most recently used ones never expire";
      evictable("minEvictableIdleDuration", hard, limit, minIdle == 0 ? "the idle timeout" : kept);
      evictable("softMinEvictableIdleDuration", soft, limit, kept);
    }
    translateRuns(config, evictor);
  }

  private void evictable(String setting, Duration value, Duration limit, String meaning) {
    if (!isPositive(value)) {
      same(setting, value, "no limit");
    } else if (value.equals(limit)) {
      changed(setting, value, meaning);
    } else {
      changed(setting, value, "no effect: the other one is shorter");
    }
  }

  private void translateRuns(GenericObjectPoolConfig<?> config, boolean evictor) {
    if (evictor) {
      changed(
          "durationBetweenEvictionRuns",
          config.getDurationBetweenEvictionRuns(),
          "expiry is noticed within a second; " + whatIsTested(config));
    } else {
      same("durationBetweenEvictionRuns", config.getDurationBetweenEvictionRuns(), "nothing runs");
    }
    int tested = config.getNumTestsPerEvictionRun();
    if (evictor) {
      changed("numTestsPerEvictionRun", tested, "all that are due are looked at, 4 at once");
    } else {
      same("numTestsPerEvictionRun", tested, "no effect: there are no eviction runs");
    }
    String policy = config.getEvictionPolicyClassName();
    boolean standard =
        config.getEvictionPolicy() == null
            && BaseObjectPoolConfig.DEFAULT_EVICTION_POLICY_CLASS_NAME.equals(policy);
    if (standard || !evictor) {
      same("evictionPolicy", policy, evictor ? "the idle timeout" : "no effect");
    } else {
      dropped("evictionPolicy", policy, "only the idle timeout and maxLifetime expire objects");
    }
    dropped(
        "evictorShutdownTimeout",
        config.getEvictorShutdownTimeoutDuration(),
        "there is no evictor to wait for");
  }

  private static String whatIsTested(GenericObjectPoolConfig<?> config) {
    return config.getTestWhileIdle()
        ? "objects unused for so long are tested"
        : "nothing is tested while idle";
  }

  private void translateWaiting(GenericObjectPoolConfig<?> config) {
    boolean block = config.getBlockWhenExhausted();
    Duration maxWait = config.getMaxWaitDuration();
    boolean waits = block && !maxWait.isZero();
    set(pool -> pool.whenExhausted(waits ? WhenExhausted.WAIT : WhenExhausted.FAIL));
    same("blockWhenExhausted", block, waits ? "WAIT" : "FAIL; a dial is waited for, 5 s at most");
    if (!waits) {
      same("maxWait", maxWait, "nobody waits for a return");
    } else if (maxWait.isNegative()) {
      set(pool -> pool.acquireTimeout(FOR_EVER));
      same("maxWait", maxWait, "a borrow waits for ever");
    } else {
      set(pool -> pool.acquireTimeout(maxWait));
      changed("maxWait", maxWait, "the acquire timeout, which covers a dial too");
    }
    set(pool -> pool.fair(config.getFairness()));
    same(
        "fairness",
        config.getFairness(),
        config.getFairness() ? "fair" : "a waiter is overtaken for a millisecond at most");
    if (config.getLifo()) {
      changed("lifo", true, "the one this thread had before, else the first in the table");
    } else {
      dropped("lifo", false, "objects do not take turns; light load packs into few of them");
    }
  }

  private void translateTests(GenericObjectPoolConfig<?> config) {
    boolean whileIdle =
        config.getTestWhileIdle() && isPositive(config.getDurationBetweenEvictionRuns());
    test(config.getTestOnBorrow(), FactoryTransport.Test.LOAN);
    test(config.getTestOnReturn(), FactoryTransport.Test.RETURN);
    test(config.getTestOnCreate() || whileIdle, FactoryTransport.Test.HEARTBEAT);
    Duration interval = whileIdle ? config.getDurationBetweenEvictionRuns() : Duration.ZERO;
    set(pool -> pool.heartbeatInterval(interval));
    same("testOnBorrow", config.getTestOnBorrow(), "before each loan, after its activation");
    same("testOnReturn", config.getTestOnReturn(), "at each return, before its passivation");
    if (whileIdle && !config.getTestOnCreate()) {
      changed("testOnCreate", false, "tested after their creation too, because of testWhileIdle");
    } else {
      same("testOnCreate", config.getTestOnCreate(), "the first heartbeat");
    }
    if (whileIdle) {
      changed("testWhileIdle", true, "the heartbeat; nothing unused for longer is lent untested");
    } else {
      same("testWhileIdle", config.getTestWhileIdle(), "no tests between the loans");
    }
  }

  private void test(boolean wanted, FactoryTransport.Test test) {
    if (wanted) {
      tests.add(test);
    }
  }

  private void translateManagement(GenericObjectPoolConfig<?> config) {
    String prefix = config.getJmxNamePrefix();
    if (prefix != null && !prefix.isBlank()) {
      set(pool -> pool.name(prefix));
    }
    changed("jmxNamePrefix", String.valueOf(prefix), "the pool's name in messages and threads");
    if (config.getJmxEnabled()) {
      dropped("jmxEnabled", true, "there is no MBean; ConnPool.stats() has the figures");
    } else {
      same("jmxEnabled", false, "there is no MBean");
    }
    dropped("jmxNameBase", String.valueOf(config.getJmxNameBase()), "there is no MBean");
    changed(
        "collectDetailedStatistics",
        config.getCollectDetailedStatistics(),
        "ConnPool.stats() has the figures, always");
  }

  private void set(Consumer<PoolBuilder<?>> setting) {
    settings.add(setting);
  }

  private void same(String setting, Object value, String meaning) {
    notes.add(new TranslationNote(setting, value, Outcome.SAME, meaning));
  }

  private void changed(String setting, Object value, String meaning) {
    notes.add(new TranslationNote(setting, value, Outcome.CHANGED, meaning));
  }

  private void dropped(String setting, Object value, String meaning) {
    notes.add(new TranslationNote(setting, value, Outcome.DROPPED, meaning));
  }

  /** Negative limits are none. */
  private static int atMost(int limit, int value) {
    return limit < 0 ? value : Math.min(limit, value);
  }

  private static boolean isPositive(Duration duration) {
    return !duration.isZero() && !duration.isNegative();
  }

  private static boolean isLess(Duration a, Duration b) {
    return a.compareTo(b) < 0;
  }
}
