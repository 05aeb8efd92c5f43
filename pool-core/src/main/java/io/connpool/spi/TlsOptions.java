package io.connpool.spi;

import io.connpool.net.Tls;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The settings of TLS as options of a URI, for providers whose connections are encrypted:
 *
 * <pre>
 * ca=ca.pem   cert=me.pem  key=me.key   serverName=db.example   verifyHostname=false
 * alpn=a,b    versions=TLSv1.3,TLSv1.2
 * </pre>
 */
public final class TlsOptions {
  private TlsOptions() {}

  /**
   * Asks for everything, and reads the files.
   *
   * @param uri whose options
   * @return what they say, and else the defaults of {@link Tls}
   * @throws IllegalArgumentException if a value is not what its option needs
   */
  public static Tls read(TransportUri uri) {
    Tls tls = Tls.system();
    Optional<String> ca = uri.text("ca");
    if (ca.isPresent()) {
      tls = tls.trust(Path.of(ca.get()));
    }
    Optional<String> cert = uri.text("cert");
    Optional<String> key = uri.text("key");
    if (cert.isPresent() != key.isPresent()) {
      throw new IllegalArgumentException("cert and key must be given together in " + uri);
    }
    if (cert.isPresent() && key.isPresent()) {
      tls = tls.identity(Path.of(cert.get()), Path.of(key.get()));
    }
    tls = uri.text("serverName").map(tls::serverName).orElse(tls);
    tls = uri.flag("verifyHostname").map(tls::verifyHostname).orElse(tls);
    tls = uri.text("alpn").map(names -> names.split(",", -1)).map(tls::alpn).orElse(tls);
    return uri.text("versions").map(names -> names.split(",", -1)).map(tls::versions).orElse(tls);
  }
}
