package io.runtape.console;

import io.quarkus.runtime.util.HashUtil;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The scripts and styles of the console, all in memory: some 300 kB. Their version is in their paths, so that browsers need
 * not ask again. Safe for any thread.
 */
@Singleton
final class ConsoleFiles {

    /** By name, since a native executable cannot list a folder. */
    private static final List<String> OWN = List.of(
            "console.css",
            "icon.svg",
            "theme.js",
            "api.js",
            "app.js",
            "badge.js",
            "charts.js",
            "compare.js",
            "element.js",
            "events.js",
            "format.js",
            "keys.js",
            "live.js",
            "markdown.js",
            "overview.js",
            "pages.js",
            "player.js",
            "request.js",
            "router.js",
            "run-head.js",
            "run.js",
            "runs.js",
            "stats.js",
            "text.js",
            "thread.js",
            "timeline.js",
            "track.js",
            "transcript.js");

    /** Unpacked from their jars when the gateway is built. */
    private static final List<String> LIBRARIES = List.of(
            "lib/lit/index.js",
            "lib/lit-element/lit-element.js",
            "lib/lit-html/lit-html.js",
            "lib/lit-html/is-server.js",
            "lib/lit-html/directive.js",
            "lib/lit-html/directive-helpers.js",
            "lib/lit-html/directives/repeat.js",
            "lib/reactive-element/reactive-element.js",
            "lib/reactive-element/css-tag.js",
            "lib/uplot/uPlot.esm.js",
            "lib/uplot/uPlot.min.css");

    private final Map<String, ConsoleFile> byPath;
    private final String version;

    ConsoleFiles() {
        Map<String, ConsoleFile> read = new LinkedHashMap<>();
        OWN.forEach(path -> read.put(path, ConsoleFile.packed(path)));
        LIBRARIES.forEach(path -> read.put(path, ConsoleFile.packed(path)));
        this.byPath = Map.copyOf(read);
        StringBuilder all = new StringBuilder();
        read.forEach((path, file) ->
                all.append(path).append(' ').append(file.digest()).append('\n'));
        this.version = ConsoleFile.shortened(HashUtil.sha256(all.toString()));
    }

    /** Differs whenever one of the files does. */
    String version() {
        return version;
    }

    /** The file of that path, such as {@code lib/lit/index.js}. */
    Optional<ConsoleFile> at(String path) {
        return Optional.ofNullable(byPath.get(path));
    }
}
