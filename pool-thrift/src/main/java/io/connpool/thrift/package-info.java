/**
 * Apache Thrift clients from a {@link io.connpool.ConnPool}: a thread-safe client for a service
 * interface, with the health of each connection judged by what has passed over its wire.
 *
 * <p>Nothing is here yet: the classes arrive with this module's own release.
 */
package io.connpool.thrift;
