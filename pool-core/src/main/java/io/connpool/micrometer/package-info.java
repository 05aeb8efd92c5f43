/**
 * Figures of pools as Micrometer meters: a {@link io.connpool.micrometer.PoolMetrics} is one more
 * listener of a pool. Micrometer is an optional dependency, needed for this package only.
 *
 * <p>{@code pool-core/docs/metrics.md} lists the meters, their names in Prometheus and in
 * OpenTelemetry's conventions, and comes with a dashboard for Grafana.
 */
@NullMarked
package io.connpool.micrometer;

import org.jspecify.annotations.NullMarked;
