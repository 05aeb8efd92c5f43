/**
 * A transport as third parties write them, with a scheme that is found on the class path. It is the
 * example of {@code pool-core/docs/writing-a-transport.md}, whose snippets are taken from here.
 */
package io.connpool.lines;
