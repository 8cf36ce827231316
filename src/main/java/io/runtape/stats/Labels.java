package io.runtape.stats;

import io.runtape.path.PathSegment;
import io.runtape.run.Run;
import io.runtape.run.Sha256;
import io.runtape.store.StorableText;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the runs of a sum have in common.
 *
 * @param path the path that was called, with {@code {id}} for what names one thing; its first {@value #PATH_CHARS_MAX}
 *     characters, except in what earlier versions have written
 * @param tool the tool that was called; null in sums over all runs
 */
record Labels(
        String status,
        @Nullable String agent,
        @Nullable String model,
        String path,
        String upstream,
        @Nullable String tool) {

    /** A segment of a path that names one thing rather than a kind of things: it would make a sum of its own for each. */
    private static final Pattern NAMES_ONE = Pattern.compile("[0-9]+|(?=.*[0-9])[A-Za-z0-9_.-]{16,}");

    /**
     * Longer than paths that agent APIs have; what follows is cut off. A run is in up to some 300 sums that have the path, and an
     * archive may name one of 192 Ki characters. The other labels are bounded by where they come from.
     */
    static final int PATH_CHARS_MAX = 500;

    static Labels of(Run run) {
        return new Labels(run.status, run.agent, run.model, path(run.path, run.threadId), run.upstream, null);
    }

    Labels withTool(String called) {
        return new Labels(status, agent, model, path, upstream, called);
    }

    /** The status, and of the others only these. */
    Labels only(Set<Label> kept) {
        return new Labels(
                status,
                kept.contains(Label.AGENT) ? agent : null,
                kept.contains(Label.MODEL) ? model : null,
                kept.contains(Label.PATH) ? path : "",
                kept.contains(Label.UPSTREAM) ? upstream : "",
                kept.contains(Label.TOOL) ? tool : null);
    }

    /**
     * A path as the sums have it.
     *
     * @param threadId the thread of the run that called it; null to take no segment for a thread
     */
    static String path(String called, @Nullable String threadId) {
        return cut(Arrays.stream(called.split("/", -1))
                .map(segment -> PathSegment.decoded(segment).equals(threadId)
                                || NAMES_ONE.matcher(segment).matches()
                        ? "{id}"
                        : segment)
                .collect(Collectors.joining("/")));
    }

    /** The part of a path that is kept. */
    static String cut(String path) {
        return StorableText.of(path, PATH_CHARS_MAX);
    }

    /** The same with the part of the path that is kept. */
    Labels cut() {
        return path.length() <= PATH_CHARS_MAX ? this : new Labels(status, agent, model, cut(path), upstream, tool);
    }

    /** A hash of all of them. */
    long key() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        write(bytes);
        return new Sha256().add(bytes.toByteArray()).first64();
    }

    void write(ByteArrayOutputStream to) {
        Varints.write(to, status);
        Varints.write(to, agent);
        Varints.write(to, model);
        Varints.write(to, path);
        Varints.write(to, upstream);
        Varints.write(to, tool);
    }

    static Labels read(Varints.Reader from) {
        return new Labels(some(from), from.text(), from.text(), some(from), some(from), from.text());
    }

    private static String some(Varints.Reader from) {
        String text = from.text();
        return text == null ? "" : text;
    }
}
