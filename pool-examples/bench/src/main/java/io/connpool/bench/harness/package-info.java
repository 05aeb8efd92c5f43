/**
 * What every benchmark of this program needs: results as lines of JSON, JVMs to measure in, rounds
 * in which the peers take turns, and the report.
 */
@NullMarked
package io.connpool.bench.harness;

import org.jspecify.annotations.NullMarked;
