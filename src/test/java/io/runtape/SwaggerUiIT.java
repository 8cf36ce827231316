package io.runtape;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.restassured.response.Response;
import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.ScriptedUpstream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page at /q/swagger-ui runs its own scripts and nobody else's. It is of the origin whose calls carry credentials. Asked of
 * the packaged gateway: in tests the page is another one.
 */
@TestInstance(Lifecycle.PER_CLASS)
class SwaggerUiIT {

    private static final String PAGE = "/q/swagger-ui/";
    private static final String POLICY = "Content-Security-Policy";

    private static final Pattern SCRIPT = Pattern.compile("<script([^>]*)>(.*?)</script>", Pattern.DOTALL);

    private final ScriptedUpstream upstream = new ScriptedUpstream();
    private GatewayProcess gateway;

    @BeforeAll
    void start(@TempDir Path dataDir) throws IOException {
        gateway = GatewayProcess.start(GatewayProcess.onH2(dataDir, upstream)).ready();
    }

    @AfterAll
    void stop() {
        gateway.close();
        upstream.close();
    }

    private Response get(String path) {
        return given().baseUri("http://127.0.0.1:" + gateway.port())
                .redirects()
                .follow(false)
                .get(path);
    }

    private Map<String, List<String>> policy() {
        String policy = get(PAGE).header(POLICY);
        assertTrue(policy != null, "there is none");
        return Arrays.stream(policy.split(";\\s*"))
                .map(directive -> Arrays.asList(directive.split("\\s+")))
                .collect(Collectors.toMap(words -> words.get(0), Function.identity()));
    }

    @Test
    void allowsExactlyTheScriptsThatThePageHas() {
        List<String> inline = SCRIPT.matcher(get(PAGE).asString())
                .results()
                .filter(script -> !script.group(1).contains("src="))
                .map(script -> "'sha256-" + hash(script.group(2)) + "'")
                .toList();
        assertFalse(inline.isEmpty());

        List<String> allowed = policy().get("script-src");

        assertEquals("script-src 'self' " + String.join(" ", inline), String.join(" ", allowed));
    }

    private static String hash(String script) {
        try {
            return Base64.getEncoder()
                    .encodeToString(
                            MessageDigest.getInstance("SHA-256").digest(script.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void allowsNothingFromElsewhereAndNobodyToFrameIt() {
        Map<String, List<String>> policy = policy();

        assertEquals(List.of("default-src", "'none'"), policy.get("default-src"));
        assertEquals(List.of("connect-src", "'self'"), policy.get("connect-src"));
        assertEquals(List.of("frame-ancestors", "'none'"), policy.get("frame-ancestors"));
        assertEquals(List.of("base-uri", "'none'"), policy.get("base-uri"));
        assertEquals(List.of("form-action", "'none'"), policy.get("form-action"));
        assertTrue(policy.values().stream().flatMap(List::stream).noneMatch(word -> word.contains("//")));
    }

    @Test
    void isOfThePageAlone() {
        assertNull(get("/q/openapi").header(POLICY));
        assertNull(get("/history/v1/runs").header(POLICY));
    }
}
