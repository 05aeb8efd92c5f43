/**
 * Code written for commons-pool2, moved over by one line: {@link io.connpool.migration.Client} and
 * {@link io.connpool.migration.ClientFactory} are what such projects have, {@link
 * io.connpool.migration.Catalog} is what uses them, and {@link io.connpool.migration.Pools} has the
 * line, before and after.
 */
package io.connpool.migration;
