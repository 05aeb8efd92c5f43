package io.connpool.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Certificates that sign themselves, made by the JDK's keytool when a test first asks for them, and
 * gone with the process. None is ever checked in.
 */
public final class TestCertificates {
  private static final String PASSWORD = "not-a-secret";
  private static final Map<String, TestCertificates> MADE = new ConcurrentHashMap<>();

  private final Path certificate;
  private final Path key;

  private TestCertificates(Path certificate, Path key) {
    this.certificate = certificate;
    this.key = key;
  }

  /** For {@code localhost} and 127.0.0.1. */
  public static TestCertificates ofLoopback() {
    return MADE.computeIfAbsent("dns:localhost,ip:127.0.0.1", san -> make(san, "EC"));
  }

  /** For a host that nobody dials; with an RSA key, for a change. */
  public static TestCertificates ofOtherHost() {
    return MADE.computeIfAbsent("dns:other.example", san -> make(san, "RSA"));
  }

  /** For somebody who calls. */
  public static TestCertificates ofClient() {
    return MADE.computeIfAbsent("dns:client.example", san -> make(san, "EC"));
  }

  /** A PEM file with the certificate. */
  public Path certificate() {
    return certificate;
  }

  /** A PEM file with the key, in PKCS8. */
  public Path key() {
    return key;
  }

  private static TestCertificates make(String alternativeNames, String algorithm) {
    try {
      Path folder = Files.createTempDirectory("connpool-certificates");
      Path store = folder.resolve("store.p12");
      keytool(
          "-genkeypair",
          "-alias",
          "me",
          "-keyalg",
          algorithm,
          "-validity",
          "2",
          "-dname",
          "CN=connpool test",
          "-ext",
          "san=" + alternativeNames,
          "-storetype",
          "PKCS12",
          "-keystore",
          store.toString(),
          "-storepass",
          PASSWORD);
      TestCertificates made = export(store, folder);
      for (Path file : new Path[] {folder, store, made.key, made.certificate}) {
        file.toFile().deleteOnExit(); // deleted in the reverse order: the folder last
      }
      return made;
    } catch (IOException | GeneralSecurityException failure) {
      throw new IllegalStateException("keytool made no certificate", failure);
    }
  }

  private static void keytool(String... arguments) throws IOException {
    String[] command = new String[arguments.length + 2];
    command[0] = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    command[1] = "-J-XX:TieredStopAtLevel=1";
    System.arraycopy(arguments, 0, command, 2, arguments.length);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String printed = new String(process.getInputStream().readAllBytes(), US_ASCII);
    if (process.onExit().join().exitValue() != 0) {
      throw new IOException(printed);
    }
  }

  private static TestCertificates export(Path file, Path folder)
      throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD.toCharArray());
    }
    Certificate certificate = store.getCertificate("me");
    Key key = store.getKey("me", PASSWORD.toCharArray());
    return new TestCertificates(
        write(folder.resolve("certificate.pem"), "CERTIFICATE", certificate.getEncoded()),
        write(folder.resolve("key.pem"), "PRIVATE KEY", key.getEncoded()));
  }

  private static Path write(Path file, String what, byte[] encoded) {
    String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded);
    String text = "-----BEGIN " + what + "-----\n" + base64 + "\n-----END " + what + "-----\n";
    try {
      return Files.writeString(file, text, US_ASCII);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
