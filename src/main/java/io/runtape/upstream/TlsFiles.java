package io.runtape.upstream;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.impl.KeyStoreHelper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The PEM files with the authorities that the gateway trusts over TLS, and with its own certificate and key. They are
 * read here as the client will read them, so that the client finds no fault later. Messages never contain their
 * contents, or the values of the settings, which might be a key instead of a file's name.
 */
final class TlsFiles {

    static final String CA = "RUNTAPE_UPSTREAM_CA_FILE";
    static final String CERTIFICATE = "RUNTAPE_UPSTREAM_CLIENT_CERTIFICATE_FILE";
    static final String KEY = "RUNTAPE_UPSTREAM_CLIENT_KEY_FILE";

    /** The name of this configuration in Quarkus' TLS registry. */
    private static final String NAME = "upstream";

    private static final String BUCKET = "quarkus.tls." + NAME + ".";

    private static final String CERTIFICATES = "It is a file of PEM certificates (-----BEGIN CERTIFICATE-----).";
    private static final String PRIVATE_KEY =
            "It is a PEM file with the RSA or EC key of the client certificate, not encrypted (-----BEGIN PRIVATE KEY-----).";

    private final @Nullable Path ca;
    private final @Nullable Path certificate;
    private final @Nullable Path key;

    private TlsFiles(@Nullable Path ca, @Nullable Path certificate, @Nullable Path key) {
        this.ca = ca;
        this.certificate = certificate;
        this.key = key;
    }

    /**
     * Reads the named files.
     *
     * @throws IllegalArgumentException if one cannot be used; the message names its setting and what is allowed
     */
    static TlsFiles of(@Nullable String ca, @Nullable String certificate, @Nullable String key) {
        if ((certificate == null) != (key == null)) {
            String given = certificate == null ? KEY : CERTIFICATE;
            String missing = certificate == null ? CERTIFICATE : KEY;
            throw new IllegalArgumentException(
                    given + " is set without " + missing + ". A client certificate has both, or neither is set.");
        }
        if (ca != null) {
            requireCertificates(CA, read(CA, ca, CERTIFICATES));
        }
        if (certificate != null && key != null) {
            Buffer chain = read(CERTIFICATE, certificate, CERTIFICATES);
            requireCertificates(CERTIFICATE, chain);
            requirePair(chain, read(KEY, key, PRIVATE_KEY));
        }
        return new TlsFiles(path(ca), path(certificate), path(key));
    }

    private static @Nullable Path path(@Nullable String file) {
        return file == null ? null : Path.of(file).toAbsolutePath();
    }

    private static Buffer read(String setting, String file, String what) {
        try {
            return Buffer.buffer(Files.readAllBytes(Path.of(file)));
        } catch (IOException | InvalidPathException e) {
            throw new IllegalArgumentException(setting + " names no file that can be read. " + what, e);
        }
    }

    private static void requireCertificates(String setting, Buffer pem) {
        try {
            KeyStoreHelper.loadCA(Stream.of(pem));
        } catch (Exception e) {
            throw new IllegalArgumentException(setting + " names a file that cannot be used. " + CERTIFICATES, e);
        }
    }

    private static void requirePair(Buffer chain, Buffer pem) {
        KeyStore pair;
        try {
            pair = KeyStoreHelper.loadKeyCert(List.of(pem), List.of(chain));
        } catch (Exception e) {
            throw new IllegalArgumentException(KEY + " names a file that cannot be used. " + PRIVATE_KEY, e);
        }
        try {
            String alias = pair.aliases().nextElement();
            Key key = pair.getKey(alias, KeyStoreHelper.DUMMY_PASSWORD.toCharArray());
            if (signs((PrivateKey) key, pair.getCertificate(alias).getPublicKey())) {
                return;
            }
        } catch (GeneralSecurityException e) {
            // Keys of different kinds.
        }
        throw new IllegalArgumentException(KEY + " does not belong to the first certificate of " + CERTIFICATE + ".");
    }

    /** Whether the second key verifies a signature of the first. */
    private static boolean signs(PrivateKey own, PublicKey certified) throws GeneralSecurityException {
        Signature signature =
                Signature.getInstance(own.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA");
        byte[] something = {1};
        signature.initSign(own);
        signature.update(something);
        byte[] signed = signature.sign();
        signature.initVerify(certified);
        signature.update(something);
        return signature.verify(signed);
    }

    /** The settings of Quarkus' TLS registry, and of the REST client to use it; empty if no file is named. */
    Map<String, String> quarkusSettings() {
        Map<String, String> settings = new HashMap<>();
        if (ca != null) {
            settings.put(BUCKET + "trust-store.pem.certs[0]", ca.toString());
            // The JDK refuses expired certificates; Quarkus would only log them as well.
            settings.put(BUCKET + "trust-store.certificate-expiration-policy", "ignore");
        }
        if (certificate != null && key != null) {
            settings.put(BUCKET + "key-store.pem.0.cert", certificate.toString());
            settings.put(BUCKET + "key-store.pem.0.key", key.toString());
        }
        if (!settings.isEmpty()) {
            // The client's own versions without the registry.
            settings.put(BUCKET + "protocols", "TLSv1.3,TLSv1.2");
            settings.put(BUCKET + "alpn", "false");
            // Files are replaced when certificates are renewed.
            settings.put(BUCKET + "reload-period", "1m");
            settings.put("quarkus.rest-client.upstream.tls-configuration-name", NAME);
        }
        return settings;
    }
}
