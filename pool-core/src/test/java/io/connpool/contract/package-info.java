/**
 * What the documentation promises, tested without knowledge of how it is kept. The abstract suites
 * (subclasses of {@code PoolContract}) are run over every {@code PoolKind} by {@code
 * ExclusivePoolTest}, {@code MinimalPoolTest}, {@code SharedPoolTest} and {@code FairPoolTest}.
 */
package io.connpool.contract;
