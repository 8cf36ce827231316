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
import java.util.ArrayList;
import java.util.List;
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

    /** No further texts are read at once behind so many bytes of them, as they are stored: those of a run are up to 768 KiB. */
    private static final int BYTES_AT_ONCE = 2 << 20;

    /** Of runs without room at once only the key and what their rows take. H2 has all that an inner query selects in memory: no texts. */
    static final String TEXTS_OF = """
            select s.run_pk, r.id, case when s.fits then (select d.content from search_document d where d.run_pk = s.run_pk) end,
                case when s.fits and not s.is_indexed then substring(r.prompt, 1, 65536) end, s.size, s.fits
            from (select r.run_pk, d.run_pk is not null as is_indexed, %s as size,
                    coalesce(sum(coalesce(octet_length(d.content), least(coalesce(octet_length(r.prompt), 0), 262144)))
                        over (order by r.run_pk rows between unbounded preceding and 1 preceding), 0) < %d as fits
                from run r left join search_document d on d.run_pk = r.run_pk where r.run_pk = any(?)) as s
            join run r on r.run_pk = s.run_pk""".formatted(RunSizes.OF_ROW, BYTES_AT_ONCE);

    private final DataSource database;
    private final SegmentReader segments;
    private final LivePrompts livePrompts;

    Search(DataSource database, SegmentReader segments) {
        this.database = database;
        this.segments = segments;
        this.livePrompts = new LivePrompts(database);
    }

    /**
     * The owner's runs that may match, the newest first.
     *
     * @param live those of its runs that are not indexed yet and may match, see {@link #live}
     */
    public Candidates candidates(Owner owner, SearchQuery query, DocumentRange range, List<Document> live) {
        return new Candidates(segments, owner.id(), SegmentKind.WORDS, new WordQuery(query), range, live);
    }

    /**
     * The owner's runs of the range that have not ended, or have just ended and are not indexed yet, and may match by their prompts:
     * all do, but for those that are too many to be compared at once.
     */
    public List<Document> live(Owner owner, SearchQuery query, DocumentRange range) throws SQLException {
        return livePrompts.thatMayMatch(owner, query, range);
    }

    /** Compares runs with a query, for one page. */
    public Comparison comparing(SearchQuery query) {
        return new Comparison(this, query);
    }

    /** Compares these runs with a query, and tells the comparison what it finds. */
    void compare(SearchQuery query, List<Long> runs, Comparison to) throws SQLException {
        for (int from = 0; from < runs.size(); from += TEXTS) {
            List<Long> left = runs.subList(from, Math.min(from + TEXTS, runs.size()));
            while (!left.isEmpty()) {
                Read read = read(left);
                for (RunTexts run : read.runs) {
                    Matching.of(query, run.passages, run.id, to::work).ifPresent(where -> to.hit(run.runPk, where));
                    to.size(run.runPk, run.rowBytes);
                }
                left = read.left;
            }
        }
    }

    /**
     * The texts of a run, as they are stored.
     *
     * @param passages are unpacked when they are asked for
     * @param rowBytes how many bytes the texts of its row have
     */
    record RunTexts(long runPk, String id, Iterable<Passage> passages, long rowBytes) {}

    /**
     * Texts of some runs.
     *
     * @param runs the first of those that are there, at least one
     * @param left those behind them, by their keys
     */
    record Read(List<RunTexts> runs, List<Long> left) {}

    /** Reads the texts of as many of these runs as there may be in memory at once. */
    Read read(List<Long> runs) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(TEXTS_OF)) {
            select.setArray(1, connection.createArrayOf("bigint", runs.toArray()));
            try (ResultSet row = select.executeQuery()) {
                List<RunTexts> read = new ArrayList<>();
                List<Long> left = new ArrayList<>();
                while (row.next()) {
                    long runPk = row.getLong(1);
                    if (row.getBoolean(6)) {
                        byte @Nullable [] texts = row.getBytes(3);
                        Iterable<Passage> passages =
                                texts == null ? Passage.ofPrompt(row.getString(4)) : RunText.read(texts);
                        read.add(new RunTexts(runPk, row.getString(2), passages, row.getLong(5)));
                    } else {
                        left.add(runPk);
                    }
                }
                return new Read(read, left);
            }
        }
    }

    /** Where the query was found in the title of a thread; empty if the title does not match it. */
    public static Optional<List<Highlight>> inTitle(SearchQuery query, @Nullable String title) {
        return title == null ? Optional.empty() : Matching.of(query, List.of(new Passage(Place.TITLE, 0, title)), null);
    }
}
