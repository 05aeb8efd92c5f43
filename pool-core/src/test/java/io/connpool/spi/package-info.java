/** Transports by URI: finding their providers, reading the URI, keeping its secrets. */
package io.connpool.spi;
