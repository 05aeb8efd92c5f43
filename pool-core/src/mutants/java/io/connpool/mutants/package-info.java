/** Proves that the tests can fail: see the catalogue beside this source folder. */
package io.connpool.mutants;
