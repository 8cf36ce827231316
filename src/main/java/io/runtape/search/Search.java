package io.runtape.search;

import io.runtape.access.Owner;
import io.runtape.run.RunSizes;
import io.runtape.segment.Candidates;
import io.runtape.segment.Document;
import io.runtape.segment.DocumentRange;
import io.runtape.segment.SegmentKind;
import io.runtape.segment.SegmentReader;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Searches in what runs say: those that may match a query come from the index, and are then compared with their texts. A run
 * that is not indexed yet is found by its prompt. Plain SQL: its statements must be served by the right index. Blocks; safe for any
 * thread.
 */
@Singleton
public final class Search {

    /** Runs whose texts are read at once: those of a page of fifty, and of one more, in two statements. */
    private static final int TEXTS = 26;

    /** Long prompts of runs that are not indexed yet that are read at once. */
    private static final int LONG_PROMPTS = 100;

    /** A prompt that is not long comes with its row: an owner may have thousands of them in memory at once. */
    private static final String SHORT_PROMPT = "case when octet_length(%1$sprompt) <= 8192 then %1$sprompt end";

    /** An expression keeps H2 from walking all runs of the owner, where few runs of all owners are live. */
    static final String LIVE = """
            select run_pk, created_at, %s from run
            where status = 'running' and substring(owner, 1, 128) = ? and prompt is not null limit 5000""".formatted(SHORT_PROMPT.formatted(""));

    /**
     * Those of all owners that have ended last: bounded, since an owner with few of them would read all that wait for their
     * indexing after an update.
     */
    static final String JUST_ENDED = """
            select r.run_pk, r.created_at, %s from (
              select run_pk, owner from run where indexed_at is null and completed_at is not null
              order by indexed_at desc, completed_at desc, run_pk desc limit 500) as ended
            join run r on r.run_pk = ended.run_pk where ended.owner = ? and r.prompt is not null""".formatted(SHORT_PROMPT.formatted("r."));

    /** One statement, so that a run which ends meanwhile is in the one or in the other. */
    private static final String UNINDEXED = "(" + LIVE + ") union all (" + JUST_ENDED + ")";

    static final String PROMPTS_OF = "select run_pk, substring(prompt, 1, 65536) from run where run_pk = any(?)";

    static final String TEXTS_OF = """
            select r.run_pk, r.id, d.content, case when d.content is null then substring(r.prompt, 1, 65536) end,
            """ + RunSizes.OF_ROW + """

            from run r left join search_document d on d.run_pk = r.run_pk where r.run_pk = any(?)""";

    private final DataSource database;
    private final SegmentReader segments;

    Search(DataSource database, SegmentReader segments) {
        this.database = database;
        this.segments = segments;
    }

    /**
     * The owner's runs that may match, the newest first.
     *
     * @param live those of its runs that are not indexed yet and match
     */
    public Candidates candidates(Owner owner, SearchQuery query, DocumentRange range, List<Document> live) {
        return new Candidates(segments, owner.id(), SegmentKind.WORDS, new WordQuery(query), range, live);
    }

    /** The owner's runs that have not ended, or have just ended and are not indexed yet, and match by their prompts. */
    public List<Document> live(Owner owner, SearchQuery query) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(UNINDEXED)) {
            select.setString(1, owner.id());
            select.setString(2, owner.id());
            List<Document> live = new ArrayList<>();
            Map<Long, Document> withLongPrompt = new LinkedHashMap<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    Document run =
                            Document.of(row.getObject(2, OffsetDateTime.class).toInstant(), row.getLong(1));
                    @Nullable String prompt = row.getString(3);
                    if (prompt == null) {
                        withLongPrompt.put(run.runPk(), run);
                    } else if (Matching.of(query, prompt(prompt), null).isPresent()) {
                        live.add(run);
                    }
                }
            }
            List<Long> left = List.copyOf(withLongPrompt.keySet());
            for (int from = 0; from < left.size(); from += LONG_PROMPTS) {
                List<Long> some = left.subList(from, Math.min(from + LONG_PROMPTS, left.size()));
                for (long runPk : withPromptsThatMatch(connection, query, some)) {
                    live.add(Objects.requireNonNull(withLongPrompt.get(runPk)));
                }
            }
            return live;
        }
    }

    private static List<Long> withPromptsThatMatch(Connection connection, SearchQuery query, List<Long> runs)
            throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(PROMPTS_OF)) {
            select.setArray(1, connection.createArrayOf("bigint", runs.toArray()));
            try (ResultSet row = select.executeQuery()) {
                List<Long> matching = new ArrayList<>();
                while (row.next()) {
                    if (Matching.of(query, prompt(row.getString(2)), null).isPresent()) {
                        matching.add(row.getLong(1));
                    }
                }
                return matching;
            }
        }
    }

    private static List<Passage> prompt(@Nullable String prompt) {
        return prompt == null ? List.of() : List.of(new Passage(Place.PROMPT, 0, prompt));
    }

    /** Compares runs with a query, for one page. */
    public Comparison comparing(SearchQuery query) {
        return new Comparison(this, query);
    }

    /** Compares these runs with a query, and tells the comparison what it finds. */
    void compare(SearchQuery query, List<Long> runs, Comparison to) throws SQLException {
        for (int from = 0; from < runs.size(); from += TEXTS) {
            compareSome(query, runs.subList(from, Math.min(from + TEXTS, runs.size())), to);
        }
    }

    private void compareSome(SearchQuery query, List<Long> runs, Comparison to) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(TEXTS_OF)) {
            select.setArray(1, connection.createArrayOf("bigint", runs.toArray()));
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    byte @Nullable [] texts = row.getBytes(3);
                    Iterable<Passage> passages = texts == null ? prompt(row.getString(4)) : RunText.read(texts);
                    long runPk = row.getLong(1);
                    Matching.of(query, passages, row.getString(2), to::work).ifPresent(where -> to.hit(runPk, where));
                    to.size(runPk, row.getLong(5));
                }
            }
        }
    }

    /** Where the query was found in the title of a thread; empty if the title does not match it. */
    public static Optional<List<Highlight>> inTitle(SearchQuery query, @Nullable String title) {
        return title == null ? Optional.empty() : Matching.of(query, List.of(new Passage(Place.TITLE, 0, title)), null);
    }
}
