/** Meters, and the pages that name them. */
package io.connpool.micrometer;
