/**
 * What it takes to test a pool or a transport: a clock moved by hand ({@link
 * io.connpool.testkit.ManualClock}), a transport that does what the test says ({@link
 * io.connpool.testkit.FakeTransport}), invariants checked after every test ({@link
 * io.connpool.testkit.PoolWorld}), and a server with every vice ({@code FlakyServer}). Published in
 * the tests artifact of pool-core, for everybody who writes a transport.
 */
package io.connpool.testkit;
