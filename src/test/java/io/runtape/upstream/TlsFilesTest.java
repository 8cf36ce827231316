package io.runtape.upstream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.PrivateCa;
import io.smallrye.certs.PemCertificateFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsFilesTest {

    @TempDir
    static Path directory;

    private static PrivateCa ca;
    private static PemCertificateFiles own;
    private static String certificate;
    private static String key;

    @BeforeAll
    static void issue() throws Exception {
        ca = new PrivateCa(directory, "ca");
        own = ca.issue("own");
        certificate = own.certFile().toString();
        key = own.keyFile().toString();
    }

    private static String refusal(String caFile, String certificateFile, String keyFile) {
        String message = assertThrows(
                        IllegalArgumentException.class, () -> TlsFiles.of(caFile, certificateFile, keyFile))
                .getMessage();
        assertFalse(message.contains(directory.toString()), message);
        return message;
    }

    @Test
    void nothingIsSetWhereNoFileIsNamed() {
        assertEquals(Map.of(), TlsFiles.of(null, null, null).quarkusSettings());
    }

    @Test
    void namesFilesWhateverTheyAreCalled() throws Exception {
        Path odd = Files.copy(ca.file(), directory.resolve("a,b c.pem"));

        Map<String, String> settings =
                TlsFiles.of(odd.toString(), certificate, key).quarkusSettings();

        assertEquals(odd.toString(), settings.get("quarkus.tls.upstream.trust-store.pem.certs[0]"));
        assertEquals(certificate, settings.get("quarkus.tls.upstream.key-store.pem.0.cert"));
        assertEquals(key, settings.get("quarkus.tls.upstream.key-store.pem.0.key"));
        assertEquals("upstream", settings.get("quarkus.rest-client.upstream.tls-configuration-name"));
    }

    @Test
    void takesCertificateAndKeyInOneFile() throws Exception {
        Path both = Files.writeString(
                directory.resolve("both.pem"), Files.readString(own.certFile()) + Files.readString(own.keyFile()));

        TlsFiles.of(null, both.toString(), both.toString());
    }

    @Test
    void refusesAnAuthorityThatIsNoPem() throws Exception {
        Path none = directory.resolve("none.pem");
        Path text = Files.writeString(directory.resolve("text.pem"), "text");
        Path broken = Files.writeString(
                directory.resolve("broken.pem"), Files.readString(ca.file()).replaceFirst("MII", "NII"));

        for (String file :
                new String[] {none.toString(), directory.toString(), text.toString(), broken.toString(), key, "\0"}) {
            String message = refusal(file, null, null);

            assertTrue(message.startsWith("RUNTAPE_UPSTREAM_CA_FILE names "), message);
            assertTrue(message.contains("-----BEGIN CERTIFICATE-----"), message);
        }
    }

    @Test
    void refusesACertificateWithoutItsKey() throws Exception {
        assertTrue(refusal(null, certificate, null)
                .startsWith(
                        "RUNTAPE_UPSTREAM_CLIENT_CERTIFICATE_FILE is set without RUNTAPE_UPSTREAM_CLIENT_KEY_FILE"));
        assertTrue(refusal(null, null, key)
                .startsWith(
                        "RUNTAPE_UPSTREAM_CLIENT_KEY_FILE is set without RUNTAPE_UPSTREAM_CLIENT_CERTIFICATE_FILE"));
        assertTrue(refusal(null, key, key).startsWith("RUNTAPE_UPSTREAM_CLIENT_CERTIFICATE_FILE names "));
    }

    @Test
    void refusesAKeyThatIsNone() throws Exception {
        Path encrypted = Files.writeString(
                directory.resolve("encrypted.key"),
                Files.readString(own.keyFile()).replace("PRIVATE", "ENCRYPTED PRIVATE"));

        for (String file : new String[] {certificate, encrypted.toString(), directory.toString()}) {
            String message = refusal(null, certificate, file);

            assertTrue(message.startsWith("RUNTAPE_UPSTREAM_CLIENT_KEY_FILE names "), message);
            assertTrue(message.contains("not encrypted"), message);
        }
    }

    @Test
    void refusesTheKeyOfAnotherCertificate() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        Path curve = Files.writeString(
                directory.resolve("curve.key"),
                "-----BEGIN PRIVATE KEY-----\n"
                        + Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII))
                                .encodeToString(
                                        generator.generateKeyPair().getPrivate().getEncoded())
                        + "\n-----END PRIVATE KEY-----\n");

        assertTrue(refusal(null, certificate, ca.issue("other").keyFile().toString())
                .contains("does not belong to the first certificate of RUNTAPE_UPSTREAM_CLIENT_CERTIFICATE_FILE"));
        assertTrue(
                refusal(null, certificate, curve.toString()).contains("the RSA or EC key of the client certificate"));
    }
}
