package io.connpool;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.ObjectStreamException;
import java.io.UTFDataFormatException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.CharacterCodingException;
import java.security.cert.CertificateException;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLProtocolException;

/**
 * What a failure means, in three independent answers. {@link #of} gives them for whatever plain I/O
 * can throw; a transport that knows more about its connections {@link Transport#classify says so}.
 *
 * @param fate what becomes of the connection
 * @param retry whether the request may safely be sent again
 * @param blame whose fault it is
 */
public record Verdict(Fate fate, Retry retry, Blame blame) {

  /** The connection is as good as before: the failure was an answer. */
  public static final Verdict KEEP = new Verdict(Fate.KEEP, Retry.NEVER, Blame.CALLER);

  /** The connection finishes what it has begun and is not lent again. */
  public static final Verdict RETIRE = new Verdict(Fate.RETIRE, Retry.NEVER, Blame.ENDPOINT);

  /** The connection is closed; the request may or may not have reached the peer. */
  public static final Verdict CLOSE = new Verdict(Fate.CLOSE, Retry.MAYBE_SENT, Blame.ENDPOINT);

  /** Causes may be circular; the JDK puts a certificate's failure one or two deep. */
  private static final int MOST_CAUSES = 8;

  /**
   * A verdict of these three answers.
   *
   * @param fate not null
   * @param retry not null
   * @param blame not null
   */
  public Verdict {
    Objects.requireNonNull(fate, "fate");
    Objects.requireNonNull(retry, "retry");
    Objects.requireNonNull(blame, "blame");
  }

  /**
   * Judges a failure by nothing but its type. That says little about the connection, so its fate is
   * always {@link Fate#CLOSE}. The first row that fits counts:
   *
   * <table>
   * <caption>Verdicts by type</caption>
   * <tr><th>failure<th>retry<th>blame
   * <tr><td>no memory, no stack, a class that cannot be linked<td>NEVER<td>LOCAL
   * <tr><td>any other {@link Error}<td>NEVER<td>CALLER
   * <tr><td>{@link PoolClosedException}<td>NEVER<td>CALLER
   * <tr><td>{@link DialException}<td>NEVER as its cause, else NOT_SENT<td>as its cause
   * <tr><td>any other {@link PoolException}: there was no connection<td>NOT_SENT<td>CALLER
   * <tr><td>no answer in time<td>MAYBE_SENT<td>ENDPOINT
   * <tr><td>an interrupt; a connection that this side closed<td>NEVER<td>CALLER
   * <tr><td>a host without an address<td>NOT_SENT<td>LOCAL
   * <tr><td>no free port, no free file descriptor<td>NEVER<td>LOCAL
   * <tr><td>connection refused or timed out, no route to the host<td>NOT_SENT<td>ENDPOINT
   * <tr><td>TLS: the peer is not who it should be<td>NEVER<td>CALLER
   * <tr><td>TLS: any other failed handshake<td>NOT_SENT<td>ENDPOINT
   * <tr><td>what came makes no sense: protocol, encoding<td>NEVER<td>ENDPOINT
   * <tr><td>closed or reset by the peer, any other {@link IOException}<td>MAYBE_SENT<td>ENDPOINT
   * <tr><td>anything caused by an {@link IOException}<td>as its cause<td>as its cause
   * <tr><td>anything else: the code that used the connection failed<td>NEVER<td>CALLER
   * </table>
   *
   * @param failure what was thrown
   * @return the verdict, about the one connection whose use failed
   */
  public static Verdict of(Throwable failure) {
    Objects.requireNonNull(failure, "failure");
    if (failure instanceof Error) {
      boolean local = failure instanceof VirtualMachineError || failure instanceof LinkageError;
      return closing(Retry.NEVER, local ? Blame.LOCAL : Blame.CALLER);
    }
    if (failure instanceof PoolException noConnection) {
      return of(noConnection);
    }
    if (failure instanceof TimeoutException) {
      return CLOSE;
    }
    if (failure instanceof IOException io) {
      return of(io);
    }
    // What wraps an interrupt or an application's failure says nothing about the connection.
    return failure.getCause() instanceof IOException io
        ? of(io)
        : closing(Retry.NEVER, Blame.CALLER);
  }

  private static Verdict of(PoolException noConnection) {
    if (noConnection instanceof PoolClosedException) {
      return closing(Retry.NEVER, Blame.CALLER);
    }
    Throwable cause = noConnection.getCause();
    if (!(noConnection instanceof DialException) || cause == null) {
      return closing(Retry.NOT_SENT, Blame.CALLER);
    }
    Verdict ofDial = cause instanceof PoolException ? CLOSE : of(cause);
    return ofDial.retry == Retry.MAYBE_SENT ? closing(Retry.NOT_SENT, ofDial.blame) : ofDial;
  }

  private static Verdict of(IOException failure) {
    if (failure instanceof SocketTimeoutException) {
      return says(failure, "onnect timed out") ? closing(Retry.NOT_SENT, Blame.ENDPOINT) : CLOSE;
    }
    if (failure instanceof InterruptedIOException
        || failure instanceof ClosedChannelException // ClosedByInterruptException is one too
        || says(failure, "Socket closed")
        || says(failure, "Socket is closed")) {
      return closing(Retry.NEVER, Blame.CALLER);
    }
    if (failure instanceof UnknownHostException) {
      return closing(Retry.NOT_SENT, Blame.LOCAL);
    }
    if (failure instanceof BindException || says(failure, "Too many open files")) {
      return closing(Retry.NEVER, Blame.LOCAL);
    }
    if (failure instanceof ConnectException
        || failure instanceof NoRouteToHostException
        || failure instanceof PortUnreachableException) {
      return closing(Retry.NOT_SENT, Blame.ENDPOINT);
    }
    if (failure instanceof SSLPeerUnverifiedException
        || (failure instanceof SSLHandshakeException && isAboutCertificate(failure))) {
      return closing(Retry.NEVER, Blame.CALLER);
    }
    if (failure instanceof SSLHandshakeException) {
      return closing(Retry.NOT_SENT, Blame.ENDPOINT);
    }
    if (failure instanceof ProtocolException
        || failure instanceof SSLProtocolException
        || failure instanceof CharacterCodingException
        || failure instanceof UTFDataFormatException
        || failure instanceof ObjectStreamException) {
      return closing(Retry.NEVER, Blame.ENDPOINT);
    }
    return CLOSE;
  }

  /** For what the JDK tells in words only; the same ones since JDK 8. */
  private static boolean says(IOException failure, String words) {
    String message = failure.getMessage();
    return message != null && message.contains(words);
  }

  private static boolean isAboutCertificate(Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < MOST_CAUSES; depth++) {
      if (cause instanceof CertificateException) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }

  private static Verdict closing(Retry retry, Blame blame) {
    return new Verdict(Fate.CLOSE, retry, blame);
  }

  /** What becomes of a connection after a failure. */
  public enum Fate {
    /** It goes back to the pool. */
    KEEP,
    /** It is closed when its last lease ends. */
    RETIRE,
    /** It is closed now. */
    CLOSE
  }

  /** What is known about the request that failed. */
  public enum Retry {
    /** It never left: sending it again is always safe. */
    NOT_SENT,
    /** It may have reached the peer: only an idempotent request may be sent again. */
    MAYBE_SENT,
    /** Sending it again cannot help. */
    NEVER
  }

  /** Who caused a failure. */
  public enum Blame {
    /** The peer or the way to it. */
    ENDPOINT,
    /** This machine: out of files, out of ports, out of memory. */
    LOCAL,
    /** The code that used the connection. */
    CALLER
  }
}
