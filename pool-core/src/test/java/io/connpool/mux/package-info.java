/**
 * The multiplexed socket: what its Javadoc promises, over each kind of channel ({@code
 * MuxContract}), its wire format ({@code WireTest}), a peer that misbehaves ({@code
 * HostilePeerTest} ), and the parts on their own.
 */
package io.connpool.mux;
