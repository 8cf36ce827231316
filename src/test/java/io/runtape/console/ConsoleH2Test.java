package io.runtape.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.testsupport.H2Resource;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.WireResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the console's page and files are served. What they do in a browser is for ConsoleIT. */
@QuarkusTest
@WithTestResource(H2Resource.class)
class ConsoleH2Test extends RunningGateway {

    private static final Path SOURCES = Path.of("src", "main", "resources", "console");
    private static final Pattern FILE = Pattern.compile("\"(/console/files/[0-9a-f]+/)([^\"]*)\"");

    private String page() throws IOException {
        try (WireResponse response = client().get("/console")) {
            assertEquals(200, response.status());
            return new String(response.whole(), UTF_8);
        }
    }

    private String base() throws IOException {
        Matcher file = FILE.matcher(page());
        assertTrue(file.find());
        return file.group(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/console/"})
    void leadsToTheConsole(String target) throws Exception {
        try (WireResponse response = client().get(target)) {
            assertEquals(302, response.status());
            assertEquals("/console", response.header("Location"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/console",
                "/console/overview",
                "/console/compare?a=x&b=y",
                "/console/runs/run_1",
                "/console/runs/a%20b",
                "/console/threads/thr_1"
            })
    void showsThePageWithoutACredential(String target) throws Exception {
        try (WireResponse response = client().get(target)) {
            assertEquals(200, response.status());
            assertEquals("text/html;charset=UTF-8", response.header("Content-Type"));
            assertTrue(new String(response.whole(), UTF_8).contains("<rt-app>"));
        }
    }

    @Test
    void thePageMayDoNothingButItsOwnWork() throws Exception {
        try (WireResponse response = client().get("/console")) {
            String policy = response.header("Content-Security-Policy");
            for (String part : new String[] {
                "default-src 'none'",
                "script-src 'self' 'sha256-",
                "style-src 'self';",
                "connect-src 'self'",
                "base-uri 'none'",
                "form-action 'none'",
                "frame-ancestors 'none'",
                "require-trusted-types-for 'script'"
            }) {
                assertTrue(policy.contains(part), policy);
            }
            assertFalse(policy.contains("unsafe"), policy);
            assertEquals("nosniff", response.header("X-Content-Type-Options"));
            assertEquals("no-referrer", response.header("Referrer-Policy"));
            assertEquals("same-origin", response.header("Cross-Origin-Opener-Policy"));
            assertEquals("DENY", response.header("X-Frame-Options"));

            Matcher inline = Pattern.compile("<script type=\"importmap\">([^<]*)</script>")
                    .matcher(new String(response.whole(), UTF_8));
            assertTrue(inline.find());
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest(inline.group(1).getBytes(UTF_8));
            assertTrue(policy.contains("'sha256-" + Base64.getEncoder().encodeToString(hash) + "'"), policy);
        }
    }

    @Test
    void everyFileThatThePageNamesIsThereForEver() throws Exception {
        Matcher file = FILE.matcher(page());
        Set<String> named = new TreeSet<>();
        while (file.find()) {
            named.add(file.group(1) + file.group(2));
        }
        assertTrue(named.size() > 10, named::toString);
        for (String target : named) {
            try (WireResponse response = client().get(target)) {
                assertEquals(200, response.status(), target);
                assertEquals("public, max-age=31536000, immutable", response.header("Cache-Control"));
                assertEquals("nosniff", response.header("X-Content-Type-Options"));
                assertTrue(response.whole().length > 100, target);
            }
        }
    }

    @Test
    void servesEachSource() throws Exception {
        String base = base();
        try (Stream<Path> sources = Files.list(SOURCES)) {
            for (Path source :
                    sources.filter(each -> !each.endsWith("console.html")).toList()) {
                try (WireResponse response = client().get(base + source.getFileName())) {
                    assertEquals(200, response.status(), source.toString());
                    assertArrayEquals(Files.readAllBytes(source), response.whole());
                }
            }
        }
    }

    @Test
    void sendsAFileZippedToWhoTakesThat() throws Exception {
        String target = base() + "app.js";
        byte[] plain;
        try (WireResponse response = client().get(target)) {
            plain = response.whole();
        }
        try (WireResponse response = client().get(target, "Accept-Encoding: gzip, br")) {
            assertEquals("gzip", response.header("Content-Encoding"));
            assertEquals("Accept-Encoding", response.header("Vary"));
            byte[] zipped = response.whole();
            assertTrue(zipped.length < plain.length / 2);
            assertArrayEquals(plain, new GZIPInputStream(new ByteArrayInputStream(zipped)).readAllBytes());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "app.js"})
    void sendsNothingTwice(String file) throws Exception {
        String target = file.isEmpty() ? "/console" : base() + file;
        String tag;
        try (WireResponse response = client().get(target)) {
            tag = response.header("ETag");
        }
        try (WireResponse response = client().get(target, "If-None-Match: " + tag)) {
            assertEquals(304, response.status());
            assertEquals(tag, response.header("ETag"));
        }
        try (WireResponse response = client().get(target, "If-None-Match: \"other\"")) {
            assertEquals(200, response.status());
        }
    }

    /** While gateways are replaced, the page of one may ask another one for its files. */
    @Test
    void hasAFileOfAnotherVersionAsItIsHere() throws Exception {
        try (WireResponse response = client().get("/console/files/0123456789/app.js")) {
            assertEquals(200, response.status());
            assertEquals("no-cache", response.header("Cache-Control"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/console/nothing",
                "/console/runs",
                "/console/runs/",
                "/console/runs/a/b",
                "/console/files",
                "/console/files/app.js",
                "/console/files/x/none.js",
                "/console/files/x/../console.html",
                "/console/files/x/console.html",
                "/console/files/x/lib/lit/LICENSE"
            })
    void hasNothingElse(String target) throws Exception {
        try (WireResponse response = client().get(target)) {
            assertEquals(404, response.status(), target);
            assertTrue(new String(response.whole(), UTF_8).contains("\"code\":\"not_found\""), target);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/console", "/console/runs/run_1"})
    void isRead(String target) throws Exception {
        try (WireResponse response = client().post(target, "{}")) {
            assertEquals(405, response.status());
            assertEquals("GET, HEAD", response.header("Allow"));
            assertTrue(new String(response.whole(), UTF_8).contains("\"code\":\"method_not_allowed\""));
        }
        try (WireResponse response = client().sendHead("HEAD", target)) {
            assertTrue(response.status() < 400);
            assertEquals(0, response.whole().length);
        }
    }
}
