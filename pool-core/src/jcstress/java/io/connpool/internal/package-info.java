/**
 * Races between two parts of the engine, run by jcstress in many compilation modes: {@code mvn
 * -Pjcstress -pl pool-core verify}. Each class holds the races about one thing, each race says in
 * words what may come of it; whatever it does not name is forbidden and breaks the build. Three
 * threads at once are left to {@code EngineStressTest}: here two race, and what they leave behind
 * is looked at when both have done.
 *
 * <p>x86 keeps stores in order, so a missing release order does not show on it; see {@code
 * docs/concurrency.md}.
 */
@NullMarked
package io.connpool.internal;

import org.jspecify.annotations.NullMarked;
