/**
 * The multiplexed socket: one connection, thousands of requests at once, answers in any order.
 *
 * <pre>{@code
 * MuxServer server = MuxServer.listen(new InetSocketAddress("127.0.0.1", 0), request -> answer(request.body()));
 *
 * MuxConnection connection = MuxConnection.connect(Endpoint.of("127.0.0.1", server.port()));
 * byte[] answer = connection.call("time".getBytes(UTF_8));
 * }</pre>
 *
 * <p>{@link io.connpool.mux.MuxConnection} is one end of a connection; both ends are alike and may
 * ask each other. {@link io.connpool.mux.MuxServer} accepts them, {@link
 * io.connpool.mux.MuxHandler} answers, {@link io.connpool.mux.MuxOptions} holds the limits. {@link
 * io.connpool.mux.FrameChannel} is what a connection runs over: TCP, TLS, a Unix socket, memory, or
 * a message socket of the user's. Whatever fails is a {@link io.connpool.mux.MuxException}, and it
 * says whether the peer may have seen the request.
 *
 * <p><b>Inside.</b> {@code Session} is the connection. Its {@code Outbox} queues messages and puts
 * them on the channel when its {@code Writer} says so, its {@code Inbox} takes them off when its
 * {@code Reader} does; its {@code Requester} asks, with {@code Calls} for the requests in flight
 * and {@code Gate} for the limits, its {@code Responder} answers, with {@code Handling} for those
 * it has taken on, and {@code Vitals} watches the peer. {@code Departure} takes leave of the peer,
 * {@code Ending} knows whether it is over and why. One {@code IoLoop} thread looks after many
 * sessions, a {@code Crew} runs the user's code. The wire format is described in {@code
 * docs/mux-protocol.md}, the threads and orderings at the classes.
 */
@NullMarked
package io.connpool.mux;

import org.jspecify.annotations.NullMarked;
