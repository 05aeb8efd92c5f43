package io.connpool.mux;

/**
 * A connection at one moment. The figures are read one after the other while the connection goes on
 * working, so they are exact when it is at rest.
 *
 * @param inFlight requests of this end that are not answered yet
 * @param waiting calls that wait for a place or for room
 * @param pendingBytes bytes queued and not yet on their way, answers included
 * @param handling requests of the peer whose answers are not on their way yet
 * @param answered requests of this end that were answered, failures of the peer's handler included
 * @param refused requests of this end that the peer refused
 * @param timedOut requests of this end that ran out of time
 * @param orphans answers nobody waited for any more
 * @param accepted requests of the peer that were taken on
 * @param turnedAway requests of the peer that were refused
 * @param framesWritten frames sent
 * @param writes how often the channel was written to; frames per write is the batch size
 * @param framesRead frames received
 * @param reads how often the channel was read from with success
 */
public record MuxStats(
    int inFlight,
    int waiting,
    long pendingBytes,
    long handling,
    long answered,
    long refused,
    long timedOut,
    long orphans,
    long accepted,
    long turnedAway,
    long framesWritten,
    long writes,
    long framesRead,
    long reads) {}
