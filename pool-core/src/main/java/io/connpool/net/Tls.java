package io.connpool.net;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * How to speak TLS: whom to trust, who we are, what is checked. Immutable; each method that changes
 * something gives a new one; any number of threads may use it.
 *
 * <pre>{@code
 * Tls tls = Tls.system().trust(Path.of("ca.pem")).identity(Path.of("me.pem"), Path.of("me.key"));
 * Wire wire = tls.handshake(Wire.over(dialer.connect(deadline)), endpoint, deadline);
 * }</pre>
 *
 * <p>Unless told otherwise: the certificate authorities of the JDK, the peer's certificate must be
 * for the host that was dialed, TLS 1.3 or 1.2, no certificate of our own. The server is told the
 * host's name (SNI) where it is one.
 */
public final class Tls {

  /** TLS 1.3 first; what is older than 1.2 is broken, and the JDK refuses it too. */
  private static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");

  /** The JDK's name for "the certificate must be for this host", RFC 2818. */
  private static final String HOST_NAME_CHECK = "HTTPS";

  /** The key store is made and used in memory only, but the JDK's API wants a password. */
  private static final char[] NO_PASSWORD = {};

  private final SSLContext context;
  private final boolean given;
  private final List<X509Certificate> authorities;
  private final @Nullable Identity identity;
  private final Checks checks;

  private record Identity(List<X509Certificate> chain, PrivateKey key) {}

  /** What an engine is told; apart from the context, which is costly to make. */
  private record Checks(
      boolean hostName, @Nullable String serverName, List<String> alpn, List<String> protocols) {}

  /** What holds unless somebody says otherwise. */
  private static final Checks USUAL = new Checks(true, null, List.of(), PROTOCOLS);

  private Tls(
      SSLContext context,
      boolean given,
      List<X509Certificate> authorities,
      @Nullable Identity identity,
      Checks checks) {
    this.context = context;
    this.given = given;
    this.authorities = authorities;
    this.identity = identity;
    this.checks = checks;
  }

  private static Tls made(
      List<X509Certificate> authorities, @Nullable Identity identity, Checks checks) {
    return new Tls(contextOf(authorities, identity), false, authorities, identity, checks);
  }

  /**
   * The certificate authorities of the JDK.
   *
   * @return the defaults of this class
   */
  public static Tls system() {
    return made(List.of(), null, USUAL);
  }

  /**
   * Trust and identity as a context of the JDK has them, for whoever keeps them elsewhere than in
   * PEM files.
   *
   * @param context initialized; {@link #trust} and {@link #identity} cannot be added to it
   * @return its checks are the defaults of this class
   */
  public static Tls of(SSLContext context) {
    return new Tls(context, true, List.of(), null, USUAL);
  }

  /**
   * Trusts these certificate authorities, and no longer those of the JDK.
   *
   * @param pemFiles one or more files with one or more certificates each; read now
   * @return a new one
   * @throws IllegalArgumentException if a file cannot be read or has no certificate
   * @throws IllegalStateException if the context is a given one
   */
  public Tls trust(Path... pemFiles) {
    refuseGiven("trust");
    List<X509Certificate> found =
        Arrays.stream(pemFiles).flatMap(file -> Pem.certificates(file).stream()).toList();
    if (found.isEmpty()) {
      throw new IllegalArgumentException("trust needs a PEM file, was given none");
    }
    return made(found, identity, checks);
  }

  /**
   * Shows this certificate to a peer that asks for one (mutual TLS).
   *
   * @param certificates a PEM file: our certificate first, then those it was signed with; read now
   * @param key a PEM file with the key in PKCS8 without a password; read now
   * @return a new one
   * @throws IllegalArgumentException if a file cannot be used, or the key is another certificate's
   * @throws IllegalStateException if the context is a given one
   */
  public Tls identity(Path certificates, Path key) {
    refuseGiven("identity");
    Identity read = new Identity(Pem.certificates(certificates), Pem.privateKey(key));
    if (!Pem.belongTogether(read.chain().get(0), read.key())) {
      throw new IllegalArgumentException(
          "the key in \"%s\" is not that of the first certificate in \"%s\""
              .formatted(key, certificates));
    }
    return made(authorities, read, checks);
  }

  /**
   * The name to ask the server for and to look for in its certificate, where that is not the host
   * that is dialed.
   *
   * @param name a host name
   * @return a new one
   * @throws IllegalArgumentException if it is none
   */
  public Tls serverName(String name) {
    // What makes a host name is known there, and the port does not matter.
    String checked = Endpoint.of(name, 1).host();
    return with(new Checks(checks.hostName, checked, checks.alpn, checks.protocols));
  }

  /**
   * Whether the certificate must be for the host. Without this check anybody with any certificate
   * of a trusted authority can be the peer.
   *
   * @param check default true
   * @return a new one
   */
  public Tls verifyHostname(boolean check) {
    return with(new Checks(check, checks.serverName, checks.alpn, checks.protocols));
  }

  /**
   * Offers these protocols to the peer (ALPN), the preferred one first. {@link
   * Wire#applicationProtocol()} says which it chose.
   *
   * @param names one or more, none of them empty
   * @return a new one
   * @throws IllegalArgumentException if one is empty or there is none
   */
  public Tls alpn(String... names) {
    List<String> wanted = List.of(names);
    if (wanted.isEmpty() || wanted.contains("")) {
      throw new IllegalArgumentException("alpn must be names, was " + wanted);
    }
    return with(new Checks(checks.hostName, checks.serverName, wanted, checks.protocols));
  }

  /**
   * Speaks only these versions.
   *
   * @param versions as the JDK calls them: {@code TLSv1.3}, {@code TLSv1.2}
   * @return a new one
   * @throws IllegalArgumentException if the JDK does not know one, or there is none
   */
  public Tls versions(String... versions) {
    List<String> wanted = List.of(versions);
    Set<String> known = Set.of(context.getSupportedSSLParameters().getProtocols());
    if (wanted.isEmpty() || !known.containsAll(wanted)) {
      throw new IllegalArgumentException("versions must be of " + known + ", was " + wanted);
    }
    return with(new Checks(checks.hostName, checks.serverName, checks.alpn, wanted));
  }

  private Tls with(Checks changed) {
    return new Tls(context, given, authorities, identity, changed);
  }

  private void refuseGiven(String setting) {
    if (given) {
      throw new IllegalStateException(setting + " cannot be added to a given SSLContext");
    }
  }

  /**
   * Trust and identity as a context of the JDK, as for a server.
   *
   * @return the context, which knows nothing of host names, ALPN and versions
   */
  public SSLContext context() {
    return context;
  }

  /**
   * An engine for one connection as its client, for whoever moves the bytes himself.
   *
   * @param peer where the connection leads
   * @return an engine that has not begun its handshake
   */
  public SSLEngine engine(Endpoint peer) {
    String name = checks.serverName == null ? peer.host() : checks.serverName;
    SSLEngine engine = context.createSSLEngine(name, peer.port());
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setProtocols(checks.protocols.toArray(new String[0]));
    parameters.setApplicationProtocols(checks.alpn.toArray(new String[0]));
    if (checks.hostName) {
      parameters.setEndpointIdentificationAlgorithm(HOST_NAME_CHECK);
    }
    engine.setSSLParameters(parameters);
    return engine;
  }

  /**
   * Begins TLS on a connection, as its client. Blocks until it is agreed or the deadline has
   * passed.
   *
   * @param wire fresh, nothing read or written yet; closed if this fails, else closed with the
   *     result
   * @param peer where it leads
   * @param deadline when to give up
   * @return the same connection, encrypted
   * @throws javax.net.ssl.SSLException if the peer is not who it should be, or speaks no TLS that
   *     we do
   * @throws java.net.SocketTimeoutException if the deadline has passed
   * @throws IOException if the connection broke, or the thread was interrupted
   */
  public Wire handshake(Wire wire, Endpoint peer, Deadline deadline) throws IOException {
    return TlsWire.handshake(wire, engine(peer), peer, deadline);
  }

  private static SSLContext contextOf(
      List<X509Certificate> authorities, @Nullable Identity identity) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keyManagers(identity), trustManagers(authorities), null);
      return context;
    } catch (GeneralSecurityException | IOException unusable) {
      throw new IllegalArgumentException("the JDK makes no TLS context of this", unusable);
    }
  }

  private static TrustManager @Nullable [] trustManagers(List<X509Certificate> authorities)
      throws GeneralSecurityException, IOException {
    if (authorities.isEmpty()) {
      return null;
    }
    KeyStore store = emptyStore();
    for (int i = 0; i < authorities.size(); i++) {
      store.setCertificateEntry("authority-" + i, authorities.get(i));
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  private static KeyManager @Nullable [] keyManagers(@Nullable Identity identity)
      throws GeneralSecurityException, IOException {
    if (identity == null) {
      return null;
    }
    KeyStore store = emptyStore();
    store.setKeyEntry(
        "identity", identity.key(), NO_PASSWORD, identity.chain().toArray(new X509Certificate[0]));
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, NO_PASSWORD);
    return factory.getKeyManagers();
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }
}
