package io.runtape.facet;

import io.runtape.facet.RunCriteria.Group;
import io.runtape.facet.RunOrder.By;
import io.runtape.facet.Trait.Kind;
import io.runtape.store.EpochMicros;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A run as its own row tells of it, for a search. The error, the metadata and the usage may be long, up to some megabytes: they come
 * with the row only if the search needs them and they are short, and are else read one row at a time, where all else that is asked
 * for is met. Confined to one thread.
 */
final class SearchedRow {

    /** As many bytes of texts come with a row, so that some hundred rows take a megabyte or two. */
    private static final int SHORT_BYTES = 8192;

    private static final String SHORT_COLUMNS =
            "run_pk, created_at, completed_at, thread_id, status, agent, model, upstream, ";

    /** How many columns there are. */
    static final int COLUMNS = 12;

    private static final int FIRST_TEXT = 9;

    private final RunCriteria criteria;
    private final long runPk;
    private final Instant createdAt;
    private final @Nullable Instant completedAt;
    private final RunTraits traits;
    private final boolean hasLongTexts;
    private @Nullable String usage;

    private SearchedRow(RunCriteria criteria, ResultSet row) throws SQLException {
        this.criteria = criteria;
        runPk = row.getLong(1);
        createdAt = row.getObject(2, OffsetDateTime.class).toInstant();
        @Nullable OffsetDateTime ended = row.getObject(3, OffsetDateTime.class);
        // On H2 a row may have the run's end before it is durable; the status tells of it, too.
        completedAt = ended == null ? null : ended.toInstant();
        traits = new RunTraits(criteria.owner())
                .with(Kind.THREAD, row.getString(4))
                .with(Kind.STATUS, row.getString(5))
                .with(Kind.AGENT, row.getString(6))
                .with(Kind.MODEL, row.getString(7))
                .with(Kind.UPSTREAM, row.getString(8));
        hasLongTexts = row.getBoolean(COLUMNS);
        if (!hasLongTexts) {
            takeTexts(row, FIRST_TEXT);
        }
    }

    /** Selects what {@link #of} takes. */
    static String columns(RunCriteria criteria, RunOrder order) {
        List<String> texts = texts(criteria, order);
        String length = texts.stream()
                .filter(text -> !text.equals("null"))
                .map(text -> "coalesce(octet_length(" + text + "), 0)")
                .collect(Collectors.joining(" + "));
        if (length.isEmpty()) {
            return SHORT_COLUMNS + String.join(", ", texts) + ", false";
        }
        return SHORT_COLUMNS
                + texts.stream()
                        .map(text -> "case when " + length + " <= " + SHORT_BYTES + " then " + text + " end")
                        .collect(Collectors.joining(", "))
                + ", " + length + " > " + SHORT_BYTES;
    }

    /** Selects the texts of one run, whose key is the parameter, of any length. */
    static String longTexts(RunCriteria criteria, RunOrder order) {
        return "select " + String.join(", ", texts(criteria, order)) + " from run where run_pk = ?";
    }

    /** The columns of the error, the metadata and the usage; {@code null} in place of those that are not needed. */
    private static List<String> texts(RunCriteria criteria, RunOrder order) {
        List<String> texts = new ArrayList<>();
        texts.add(criteria.asksFor(Kind.ERROR) ? "error" : "null");
        texts.add(criteria.asksFor(Kind.METADATA) ? "metadata" : "null");
        texts.add(order.by() == By.TOTAL_TOKENS ? "usage" : "null");
        return texts;
    }

    /** Out of a row that begins with {@link #columns}. */
    static SearchedRow of(ResultSet row, RunCriteria criteria) throws SQLException {
        return new SearchedRow(criteria, row);
    }

    /** Takes the row of {@link #longTexts}. */
    void takeLongTexts(ResultSet row) throws SQLException {
        takeTexts(row, 1);
    }

    private void takeTexts(ResultSet row, int first) throws SQLException {
        traits.withError(row.getString(first));
        @Nullable String metadata = row.getString(first + 1);
        if (metadata != null) {
            traits.withMetadata(metadata);
        }
        usage = row.getString(first + 2);
    }

    long runPk() {
        return runPk;
    }

    Instant createdAt() {
        return createdAt;
    }

    /** Whether its texts did not come with it. */
    boolean hasLongTexts() {
        return hasLongTexts;
    }

    /** Whether all is met that its texts do not tell. */
    boolean mayBeAskedFor() {
        return criteria.created().holds(EpochMicros.of(createdAt))
                && isHeld(criteria.completed(), completedAt == null ? null : EpochMicros.of(completedAt))
                && isHeld(criteria.duration(), duration())
                && hasOneOfEach(group -> group.kind() != Kind.ERROR && group.kind() != Kind.METADATA);
    }

    /** Whether all is met; to be asked when its texts have come. */
    boolean isAskedFor() {
        return mayBeAskedFor() && hasOneOfEach(group -> true);
    }

    private boolean hasOneOfEach(Predicate<Group> groups) {
        Set<Long> keys = traits.keys();
        return criteria.groups().stream()
                .filter(groups)
                .allMatch(group -> group.keys().stream().anyMatch(keys::contains));
    }

    private static boolean isHeld(RunCriteria.Range range, @Nullable Long value) {
        return range.isAll() || value != null && range.holds(value);
    }

    /** Its place in this order; to be asked when its texts have come. */
    Place place(RunOrder order) {
        @Nullable
        Long value = switch (order.by()) {
            case CREATED_AT -> EpochMicros.of(createdAt);
            case DURATION_MS -> duration();
            case TOTAL_TOKENS -> Tokens.of(usage).total();
        };
        return new Place(value, runPk);
    }

    private @Nullable Long duration() {
        return completedAt == null
                ? null
                : Long.valueOf(Duration.between(createdAt, completedAt).toMillis());
    }
}
