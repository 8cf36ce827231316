package io.runtape.guide;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Code that a page shows, such as docs/guides/resume.md, under the name that stands in a comment before it. */
public record Snippet(String name, String code) {

    static final Path PAGE = Path.of("docs", "guides", "resume.md");

    private static final Pattern MARKED =
            Pattern.compile("<!-- snippet: (\\S+) -->\n```[a-z]+\n(.*?)\n```\n", Pattern.DOTALL);

    static Snippet named(String name) {
        Snippet snippet = all().get(name);
        if (snippet == null) {
            throw new AssertionError(PAGE + " has no snippet " + name);
        }
        return snippet;
    }

    static Map<String, Snippet> all() {
        return in(PAGE);
    }

    /** All code of that page. */
    public static Map<String, Snippet> in(Path page) {
        Map<String, Snippet> all = new TreeMap<>();
        Matcher marked = MARKED.matcher(read(page));
        while (marked.find()) {
            all.put(marked.group(1), new Snippet(marked.group(1), marked.group(2) + "\n"));
        }
        return all;
    }

    static String page() {
        return read(PAGE);
    }

    private static String read(Path page) {
        try {
            return Files.readString(page, UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The code with the address and the key of a test in the place of those that the page has. */
    public String with(String url, String key) {
        return code.replace("http://localhost:8080", url).replace("rt_test_demo", key);
    }
}
