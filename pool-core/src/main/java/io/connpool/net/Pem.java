package io.connpool.net;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads certificates and keys from PEM files; what is wrong with one is said with its path. */
final class Pem {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");

  /** What a PKCS8 key may be; its own header says which, but the JDK wants to be told. */
  private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA");

  private Pem() {}

  /** All certificates of a file, in their order; at least one. */
  static List<X509Certificate> certificates(Path file) {
    List<X509Certificate> found = new ArrayList<>();
    Matcher blocks = BLOCK.matcher(text(file));
    while (blocks.find()) {
      if (blocks.group(1).equals("CERTIFICATE")) {
        found.add(certificate(file, bytes(file, blocks.group(2))));
      }
    }
    if (found.isEmpty()) {
      throw unusable(file, "has no \"-----BEGIN CERTIFICATE-----\"", null);
    }
    return found;
  }

  private static X509Certificate certificate(Path file, byte[] encoded) {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(encoded));
    } catch (CertificateException broken) {
      throw unusable(file, "has a certificate that cannot be read", broken);
    }
  }

  /** The one private key of a file, as PKCS8 without a password. */
  static PrivateKey privateKey(Path file) {
    Matcher blocks = BLOCK.matcher(text(file));
    while (blocks.find()) {
      switch (blocks.group(1)) {
        case "PRIVATE KEY" -> {
          return privateKey(file, bytes(file, blocks.group(2)));
        }
        case "ENCRYPTED PRIVATE KEY" ->
            throw unusable(file, "has a key with a password; a key without one is needed", null);
        case "RSA PRIVATE KEY", "EC PRIVATE KEY" ->
            throw unusable(
                file,
                "has a key in the form of before PKCS8; \"openssl pkcs8 -topk8 -nocrypt\" converts"
                    + " it",
                null);
        default -> {
          // Certificates and parameters may stand beside the key.
        }
      }
    }
    throw unusable(file, "has no \"-----BEGIN PRIVATE KEY-----\"", null);
  }

  private static PrivateKey privateKey(Path file, byte[] encoded) {
    IllegalArgumentException unusable = unusable(file, "has a key that cannot be read", null);
    for (String algorithm : ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
      } catch (InvalidKeySpecException otherAlgorithm) {
        unusable.addSuppressed(otherAlgorithm);
      } catch (GeneralSecurityException notInThisJdk) {
        unusable.addSuppressed(notInThisJdk);
      }
    }
    throw unusable;
  }

  /** Whether what the key signs is accepted by the certificate. */
  static boolean belongTogether(X509Certificate certificate, PrivateKey key) {
    byte[] sample = {1, 2, 3};
    try {
      Signature signature = Signature.getInstance(signatureOf(key));
      signature.initSign(key);
      signature.update(sample);
      byte[] signed = signature.sign();
      signature.initVerify(certificate.getPublicKey());
      signature.update(sample);
      return signature.verify(signed);
    } catch (InvalidKeyException | SignatureException anotherKind) {
      return false;
    } catch (GeneralSecurityException notInThisJdk) {
      throw new IllegalArgumentException(
          "this JDK cannot sign with a key of kind " + key.getAlgorithm(), notInThisJdk);
    }
  }

  private static String signatureOf(PrivateKey key) {
    return switch (key.getAlgorithm()) {
      case "RSA" -> "SHA256withRSA";
      case "EC" -> "SHA256withECDSA";
      default -> key.getAlgorithm();
    };
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, US_ASCII);
    } catch (IOException unreadable) {
      throw unusable(file, "cannot be read as text", unreadable);
    }
  }

  private static byte[] bytes(Path file, String base64) {
    try {
      return Base64.getMimeDecoder().decode(base64);
    } catch (IllegalArgumentException broken) {
      throw unusable(file, "is not Base64 between its markers", broken);
    }
  }

  private static IllegalArgumentException unusable(
      Path file, String why, @Nullable Throwable cause) {
    return new IllegalArgumentException("PEM file \"" + file + "\" " + why, cause);
  }
}
