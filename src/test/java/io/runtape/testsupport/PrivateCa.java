package io.runtape.testsupport;

import io.smallrye.certs.CertificateGenerator;
import io.smallrye.certs.CertificateRequest;
import io.smallrye.certs.Format;
import io.smallrye.certs.PemCertificateFiles;
import io.smallrye.certs.ca.CaGenerator;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A certificate authority that no system knows, and what it has signed, as PEM files in a directory of its own. */
public final class PrivateCa {

    private static final String PASSWORD = "changeit";

    private final Path directory;
    private final Path file;
    private final X509Certificate certificate;
    private final PrivateKey key;

    /** Makes one of that name. */
    public PrivateCa(Path parent, String name) throws Exception {
        directory = Files.createDirectories(parent.resolve(name));
        file = directory.resolve("ca.pem");
        Path store = directory.resolve("ca.p12");
        certificate = new CaGenerator(file.toFile(), directory.resolve("ca.key").toFile(), store.toFile(), PASSWORD)
                .generate(name, null, null, null, null, null);
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        key = (PrivateKey) keys.getKey(CaGenerator.KEYSTORE_KEY_ENTRY, PASSWORD.toCharArray());
    }

    /** Its own certificate, as PEM. */
    public Path file() {
        return file;
    }

    /** Signs a certificate of a server at {@code localhost} and 127.0.0.1, or of a client of that name. */
    public PemCertificateFiles issue(String name) throws Exception {
        return issue(name, "DNS:localhost", "IP:127.0.0.1");
    }

    /** Signs a certificate of a server at these hosts, each as {@code DNS:…} or {@code IP:…}. */
    public PemCertificateFiles issue(String name, String... hosts) throws Exception {
        CertificateRequest request = new CertificateRequest()
                .withName(name)
                .withFormat(Format.PEM)
                .withCN(name)
                .signedWith(certificate, key);
        for (String host : hosts) {
            request.withSubjectAlternativeName(host);
        }
        return (PemCertificateFiles)
                new CertificateGenerator(directory, true).generate(request).get(0);
    }

    /** TLS of a server that has this certificate, and takes those of clients that this authority has signed. */
    public SSLContext server(PemCertificateFiles issued) throws Exception {
        PemKeyCertOptions own = new PemKeyCertOptions()
                .addCertValue(Buffer.buffer(Files.readAllBytes(issued.certFile())))
                .addKeyValue(Buffer.buffer(Files.readAllBytes(issued.keyFile())));
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("ca", certificate);
        TrustManagerFactory clients = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        clients.init(trusted);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(own.getKeyManagerFactory(null).getKeyManagers(), clients.getTrustManagers(), null);
        return tls;
    }
}
