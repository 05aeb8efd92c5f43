/**
 * What the threads of the running JVM can do beyond Java 17, asked for by reflection in one place.
 * For the engine and the multiplexed socket; not exported.
 */
@NullMarked
package io.connpool.threads;

import org.jspecify.annotations.NullMarked;
