package io.runtape.stats;

import java.io.ByteArrayOutputStream;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/**
 * What a run has added to sums.
 *
 * @param hour when it began, counted from 1970
 * @param labels of it without a tool
 * @param tools the tools that it called
 */
record AddedRun(int hour, Labels labels, Set<String> tools, Sums sums) {

    /** Adds the run to its rows of some spans. */
    void addTo(SumRows rows, Predicate<Span> spans) {
        forEach(spans, (span, of) -> rows.add(span, of, hour, sums));
    }

    /** Takes the run off its rows of some spans. */
    void removeFrom(SumRows rows, Predicate<Span> spans) {
        forEach(spans, (span, of) -> rows.remove(span, of, hour, sums));
    }

    private void forEach(Predicate<Span> spans, BiConsumer<Span, Labels> row) {
        for (Span span : Span.values()) {
            if (!spans.test(span)) {
                continue;
            }
            if (span.isOfTools()) {
                tools.forEach(tool -> row.accept(span, labels.withTool(tool)));
            } else {
                row.accept(span, labels);
            }
        }
    }

    /** As it is stored. */
    byte[] content() {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        Varints.write(content, hour);
        labels.write(content);
        Varints.write(content, tools.size());
        tools.forEach(tool -> Varints.write(content, tool));
        sums.write(content);
        return content.toByteArray();
    }

    /** What {@link #content} wrote. */
    static AddedRun read(byte[] content) {
        Varints.Reader reader = new Varints.Reader(content);
        int hour = reader.small();
        Labels labels = Labels.read(reader);
        Set<String> tools = new LinkedHashSet<>();
        for (int left = reader.small(); left > 0; left--) {
            tools.add(String.valueOf(reader.text()));
        }
        Sums sums = new Sums();
        sums.read(reader);
        return new AddedRun(hour, labels, tools, sums);
    }
}
