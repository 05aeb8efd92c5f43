/**
 * TCP connections for a {@link io.connpool.ConnPool}: framing, health checks from the cheapest up,
 * one deadline over dial, write and read, TLS.
 *
 * <p>Nothing is here yet: the classes arrive with this module's own release.
 */
package io.connpool.tcp;
