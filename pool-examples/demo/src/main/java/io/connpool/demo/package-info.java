/**
 * A program to watch: {@link io.connpool.demo.Demo} loads two real servers through two pools, kills
 * one server after the other, brings them back, and checks every single answer.
 *
 * <p>{@link io.connpool.demo.Show} is the script. A {@link io.connpool.demo.Lane} is one server,
 * the pool that leads to it and the threads that use it; {@link io.connpool.demo.Echo} is the
 * protocol, and the place to see how little a pool must be told.
 *
 * <p>{@link io.connpool.demo.ThriftDemo} calls the ancestor's Thrift service through both modes.
 */
package io.connpool.demo;
