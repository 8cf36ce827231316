package io.runtape.search;

import io.runtape.access.Owner;
import io.runtape.segment.Document;
import io.runtape.segment.DocumentRange;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The prompts of runs that are not indexed yet: of those that have not ended, and of those that have just ended. No connection is
 * held while they are compared. Plain SQL: its statements must be served by the right index. Blocks; safe for any thread.
 */
final class LivePrompts {

    /**
     * Characters of prompts that are cut into words for one search, with all characters of long prompts that are read: a second or
     * two of work. Runs beyond may match, and are compared page by page like those of the index.
     */
    private static final long CHARS_MAX = 4 << 20;

    /** Characters of a prompt that are searched. */
    private static final int PROMPT_CHARS_MAX = 64 << 10;

    /** Long prompts that are read at once: some megabytes. */
    private static final int LONG_PROMPTS = 25;

    /** A prompt of no more bytes comes with its row: an owner may have thousands of them in memory at once. */
    private static final int SHORT_BYTES_MAX = 8192;

    /** Bytes of prompts that come with their rows; those of further runs are read as if they were long. */
    private static final int SHORT_PROMPTS_BYTES = 2 << 20;

    /** Runs that have just ended, of all owners. */
    private static final int ENDED_MAX = 500;

    /** The same where more wait for their indexing, as after a long burst: their prompts come apart, if they are of the owner. */
    private static final int MANY_ENDED_MAX = 10_000;

    private static final String SHORT_PROMPT =
            "case when octet_length(%1$sprompt) <= " + SHORT_BYTES_MAX + " then %1$sprompt end as prompt";

    /** An expression keeps H2 from walking all runs of the owner, where few runs of all owners are live. */
    static final String LIVE = """
            select run_pk, created_at, %s from run
            where status = 'running' and substring(owner, 1, 128) = ? and prompt is not null limit 5000""".formatted(SHORT_PROMPT.formatted(""));

    private static final String ENDED =
            "from run where indexed_at is null and completed_at is not null order by indexed_at desc, completed_at desc, run_pk desc";

    private static final String LAST_ENDED = "select run_pk, owner %s limit %d".formatted(ENDED, ENDED_MAX);

    /**
     * Those of all owners that have ended last: bounded, since an owner with few of them would read all that wait for their
     * indexing after an update.
     */
    static final String JUST_ENDED = """
            select r.run_pk, r.created_at, %s from (%s) as ended
            join run r on r.run_pk = ended.run_pk where ended.owner = ? and r.prompt is not null""".formatted(SHORT_PROMPT.formatted("r."), LAST_ENDED);

    /** A row without a time if so many have ended that those of the owner may not be among the last ones. */
    static final String MANY_ENDED = """
            select run_pk, cast(null as timestamp with time zone) as created_at, cast(null as varchar) as prompt
            %s offset %d rows fetch next 1 rows only""".formatted(ENDED, ENDED_MAX - 1);

    /** Those of the owner among the many that have ended last, bounded for the same reason. */
    static final String ENDED_OF_MANY = """
            select run_pk, created_at from (select run_pk, created_at, owner %s limit %d) as ended
            where owner = ?""".formatted(ENDED, MANY_ENDED_MAX);

    /**
     * Those of the owner's newest runs: where many have ended, the last ones may all be of other owners. The time says nothing, but
     * has H2 take the index of that order.
     */
    static final String ENDED_OF_NEWEST = """
            select run_pk, created_at from (
              select run_pk, created_at, completed_at, indexed_at from run
              where owner = ? and run_pk > 0 and created_at > timestamp with time zone '1900-01-01 00:00:00+00'
              order by owner desc, created_at desc, run_pk desc limit %d) as newest
            where completed_at is not null and indexed_at is null""".formatted(ENDED_MAX);

    /** Some are in both. */
    static final String MORE_ENDED = "(%s) union all (%s)".formatted(ENDED_OF_MANY, ENDED_OF_NEWEST);

    /** One statement, so that a run which ends meanwhile is in the one or in the other. */
    static final String UNINDEXED = """
            select run_pk, created_at, case when sum(octet_length(prompt))
                over (rows between unbounded preceding and current row) <= %d then prompt end
            from ((%s) union all (%s) union all (%s)) as unindexed""".formatted(SHORT_PROMPTS_BYTES, LIVE, JUST_ENDED, MANY_ENDED);

    static final String PROMPTS_OF =
            "select run_pk, substring(prompt, 1, " + PROMPT_CHARS_MAX + ") from run where run_pk = any(?)";

    private final DataSource database;

    LivePrompts(DataSource database) {
        this.database = database;
    }

    /** A run, with its prompt if that is not long, and not too many are; one that is not known to have one is without. */
    private record Unindexed(Document run, @Nullable String prompt) {}

    /** The owner's runs of the range whose prompts match, and those that are left to be compared. */
    List<Document> thatMayMatch(Owner owner, SearchQuery query, DocumentRange range) throws SQLException {
        Bounded comparison = new Bounded(query);
        List<Document> found = new ArrayList<>();
        Map<Long, Document> withLongPrompt = new LinkedHashMap<>();
        for (Unindexed each : unindexed(owner, range)) {
            if (each.prompt == null) {
                withLongPrompt.put(each.run.runPk(), each.run);
            } else if (comparison.mayMatch(each.prompt)) {
                found.add(each.run);
            }
        }
        List<Document> left = List.copyOf(withLongPrompt.values());
        for (int from = 0; from < left.size(); from += LONG_PROMPTS) {
            if (comparison.isExhausted()) {
                found.addAll(left.subList(from, left.size()));
                return found;
            }
            List<Document> some = left.subList(from, Math.min(from + LONG_PROMPTS, left.size()));
            Map<Long, String> prompts = prompts(some);
            for (Document run : some) {
                @Nullable String prompt = prompts.get(run.runPk());
                comparison.count(prompt == null ? 0 : prompt.length());
                if (prompt != null && comparison.mayMatch(prompt)) {
                    found.add(run);
                }
            }
        }
        return found;
    }

    private Collection<Unindexed> unindexed(Owner owner, DocumentRange range) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(UNINDEXED)) {
            select.setString(1, owner.id());
            select.setString(2, owner.id());
            Map<Long, Unindexed> unindexed = new LinkedHashMap<>();
            boolean manyHaveEnded = false;
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    if (row.getObject(2) == null) {
                        manyHaveEnded = true;
                        continue;
                    }
                    Document run = document(row);
                    if (range.has(run)) {
                        unindexed.put(run.runPk(), new Unindexed(run, row.getString(3)));
                    }
                }
            }
            if (manyHaveEnded) {
                for (Document run : moreEnded(connection, owner)) {
                    if (range.has(run)) {
                        unindexed.putIfAbsent(run.runPk(), new Unindexed(run, null));
                    }
                }
            }
            return unindexed.values();
        }
    }

    private static Document document(ResultSet row) throws SQLException {
        return Document.of(row.getObject(2, OffsetDateTime.class).toInstant(), row.getLong(1));
    }

    private static List<Document> moreEnded(Connection connection, Owner owner) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(MORE_ENDED)) {
            select.setString(1, owner.id());
            select.setString(2, owner.id());
            try (ResultSet row = select.executeQuery()) {
                List<Document> ended = new ArrayList<>();
                while (row.next()) {
                    ended.add(document(row));
                }
                return ended;
            }
        }
    }

    private Map<Long, String> prompts(List<Document> runs) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(PROMPTS_OF)) {
            select.setArray(
                    1,
                    connection.createArrayOf(
                            "bigint", runs.stream().map(Document::runPk).toArray()));
            try (ResultSet row = select.executeQuery()) {
                Map<Long, String> prompts = new HashMap<>();
                while (row.next()) {
                    prompts.put(row.getLong(1), row.getString(2));
                }
                return prompts;
            }
        }
    }

    /** Compares prompts with a query as far as one search may. Confined to one thread. */
    private static final class Bounded {

        private final SearchQuery query;
        private long chars;

        Bounded(SearchQuery query) {
            this.query = query;
        }

        boolean isExhausted() {
            return chars >= CHARS_MAX;
        }

        void count(long read) {
            chars += read;
        }

        boolean mayMatch(String prompt) {
            return isExhausted() || Matching.matches(query, Passage.ofPrompt(prompt), this::count);
        }
    }
}
