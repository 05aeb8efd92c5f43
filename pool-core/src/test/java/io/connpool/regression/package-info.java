/**
 * What went wrong elsewhere and must not go wrong here: the contract and the defects of the
 * ancestors, the traps of commons-pool2, every failure of every function of a transport, and the
 * recovery from each. The ids at the beginning of the test names are those of the studies.
 */
package io.connpool.regression;
