/**
 * A program to watch: {@link io.connpool.demo.Demo} loads three real servers through three pools,
 * kills and freezes them, brings them back, and checks every single answer.
 *
 * <p>A {@link io.connpool.demo.Lane} is one server, the pool that leads to it and the threads that
 * use it; three of them make a {@link io.connpool.demo.Show}. What is done to the servers is an
 * {@link io.connpool.demo.Act} on the {@link io.connpool.demo.Stage}, whether a script asks for it
 * or somebody at the page of {@link io.connpool.demo.WebScreen}; what a pool did about it is told
 * by {@link io.connpool.demo.Trouble}. {@link io.connpool.demo.TcpClient} is the place to see how
 * little a pool must be told.
 *
 * <p>{@link io.connpool.demo.Drama} shows seven troubles of one pool, {@link
 * io.connpool.demo.ThriftDemo} and {@link io.connpool.demo.MuxDemo} what the two do.
 */
package io.connpool.demo;
