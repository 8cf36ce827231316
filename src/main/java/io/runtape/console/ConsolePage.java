package io.runtape.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.inject.Singleton;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * The one HTML page of the console. It has no data: its scripts ask the history for that, with the key that somebody types
 * in. Safe for any thread.
 */
@Singleton
final class ConsolePage {

    private static final String FILE = "console.html";

    /** Where the scripts are stands in place of this. */
    private static final String BASE = "{base}";

    /** Which script a bare name in an import means. Browsers take it from within the page only. */
    private static final String IMPORTS = """
            {"imports":{"lit":"{base}lib/lit/index.js",\
            "lit-html":"{base}lib/lit-html/lit-html.js",\
            "lit-html/is-server.js":"{base}lib/lit-html/is-server.js",\
            "lit-html/directives/repeat.js":"{base}lib/lit-html/directives/repeat.js",\
            "lit-element/lit-element.js":"{base}lib/lit-element/lit-element.js",\
            "@lit/reactive-element":"{base}lib/reactive-element/reactive-element.js",\
            "uplot":"{base}lib/uplot/uPlot.esm.js"}}""";

    /**
     * Runs and loads what the gateway serves, and nothing else; the map of imports, the only script within the page, is named
     * by its hash. A string becomes HTML only where Lit makes an element of its own templates (Trusted Types), so no recorded
     * text ever does. Styles that scripts set need no permission, styles within recorded text have none.
     */
    private static final String POLICY = "default-src 'none'; script-src 'self' 'sha256-{hash}'; style-src 'self';"
            + " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
            + " require-trusted-types-for 'script'; trusted-types lit-html";

    private final ConsoleFile page;
    private final String policy;

    ConsolePage(ConsoleFiles files) {
        String base = ConsoleRoutes.FILES + files.version() + "/";
        String imports = IMPORTS.replace(BASE, base);
        String html = new String(ConsoleFile.read(FILE), UTF_8)
                .replace("{imports}", imports)
                .replace(BASE, base);
        this.page = ConsoleFile.of("text/html;charset=UTF-8", html.getBytes(UTF_8));
        this.policy = POLICY.replace("{hash}", hash(imports));
    }

    private static String hash(String script) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            return Base64.getEncoder().encodeToString(sha256.digest(script.getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JVM has SHA-256", e);
        }
    }

    ConsoleFile page() {
        return page;
    }

    /** What the page may do, as the value of {@code Content-Security-Policy}. */
    String policy() {
        return policy;
    }
}
