/**
 * What it takes to test a pool or a transport: a clock moved by hand ({@link
 * io.connpool.testkit.ManualClock}), a transport that does what the test says ({@link
 * io.connpool.testkit.FakeTransport}), invariants checked after every test ({@link
 * io.connpool.testkit.PoolWorld}), a server with every vice ({@code FlakyServer}), and what a pool
 * relies on in a transport ({@link io.connpool.testkit.TransportContract}). Published in the tests
 * artifact of pool-core, for everybody who writes a transport; {@code docs/writing-a-transport.md}
 * tells how.
 */
package io.connpool.testkit;
