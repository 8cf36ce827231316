package io.runtape.search;

import io.runtape.indexing.EndedRun;
import io.runtape.indexing.RunIndex;
import io.runtape.run.Run;
import io.runtape.segment.Document;
import io.runtape.segment.Segment;
import io.runtape.segment.SegmentKind;
import io.runtape.segment.SegmentMerge;
import io.runtape.store.Failing;
import io.runtape.store.SqlFault;
import io.runtape.store.Store;
import io.runtape.store.Transaction;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The index of the words of runs: for each run its texts, and its terms in the segments of its owner. What a search finds in
 * the segments is compared with the texts, so that terms of a run that was indexed anew do no harm. Plain SQL, in the
 * transactions of indexing and of deletions. Blocks; safe for any thread.
 */
@Singleton
final class SearchIndex implements RunIndex {

    private static final Logger LOG = Logger.getLogger(SearchIndex.class);

    /**
     * How long after a deletion the terms are taken out of the segments: one rewrite then serves all that were deleted
     * meanwhile.
     */
    private static final Duration REST = Duration.ofSeconds(3);

    /**
     * What the terms of a text take for each character of it while they are made, at the most: of words of few letters, and of pairs
     * of characters that differ all.
     */
    private static final int BYTES_OF_A_LETTER = 64;

    private static final int BYTES_OF_A_PAIR = 256;

    /** All scripts without spaces come behind it. */
    private static final char FIRST_WITHOUT_SPACES = 0x0E00;

    private static final String REMOVE = """
            insert into search_removal (run_pk, owner, removed_at)
            select run_pk, owner, cast(? as timestamp with time zone) from run where run_pk = ?""";

    private final Store store;

    /** Owners at whose segments the database has failed, or which cannot be read. */
    private final Failing<String> failing = new Failing<>();

    /** The walk that goes on; null before the next one. */
    private volatile @Nullable Tidying tidying;

    /** The owner of the last walk. */
    private volatile String lastTidied = "";

    SearchIndex(Store store) {
        this.store = store;
    }

    @Override
    public Addition prepare(List<EndedRun> runs) {
        Map<Long, byte[]> texts = new TreeMap<>();
        Map<Long, Set<String>> terms = new HashMap<>();
        for (EndedRun run : runs) {
            List<Passage> passages = RunText.of(run);
            texts.put(run.row().runPk, RunText.stored(passages));
            terms.put(run.row().runPk, terms(passages));
        }
        return (connection, present) -> {
            texts.keySet().retainAll(EndedRun.keys(present));
            add(connection, present, texts, terms);
        };
    }

    private void add(
            Connection connection, List<EndedRun> runs, Map<Long, byte[]> texts, Map<Long, Set<String>> termsOf)
            throws SQLException {
        for (long again : keep(connection, texts)) {
            Objects.requireNonNull(termsOf.get(again)).add(RunMarks.AGAIN);
        }
        Map<String, Map<Document, Set<String>>> byOwner = new TreeMap<>();
        for (EndedRun run : runs) {
            Run row = run.row();
            Set<String> terms = Objects.requireNonNull(termsOf.get(row.runPk));
            if (!terms.isEmpty()) {
                byOwner.computeIfAbsent(row.owner, owner -> new HashMap<>())
                        .put(Document.of(row.createdAt, row.runPk), terms);
            }
        }
        for (Map.Entry<String, Map<Document, Set<String>>> of : byOwner.entrySet()) {
            String owner = of.getKey();
            int level = SegmentMerge.insert(
                    connection, owner, SegmentKind.WORDS, Segment.of(of.getValue(), SegmentKind.WORDS), 1);
            if (!failing.isPassedOver(owner)) {
                mergeIfItCanBe(connection, owner, level);
            }
        }
    }

    /** Segments that cannot be merged stay as they are, and runs are found in them. */
    private void mergeIfItCanBe(Connection connection, String owner, int level) throws SQLException {
        try {
            Transaction.<Boolean>partly(connection, () -> {
                SegmentMerge.merge(connection, owner, SegmentKind.WORDS, level);
                return true;
            });
        } catch (SQLException | RuntimeException e) {
            if (!Failing.isOfTheKey(e, store)) {
                throw e;
            }
            leave(owner, "segments of owner %s cannot be merged: its index rests for an hour: %s", e);
        }
    }

    /** Returns whether the owner's segments rest, since they failed before. */
    private boolean leave(String owner, String message, Exception why) {
        if (!failing.failsAgain(owner)) {
            return false;
        }
        LOG.errorf(message, owner, SqlFault.named(why));
        LOG.debug("its segments fail", why);
        return true;
    }

    @Override
    public long bytesMade(EndedRun run) {
        long bytes = 0;
        for (Passage passage : RunText.of(run)) {
            String text = passage.text();
            for (int i = 0; i < text.length(); i++) {
                bytes += text.charAt(i) < FIRST_WITHOUT_SPACES ? BYTES_OF_A_LETTER : BYTES_OF_A_PAIR;
            }
        }
        return bytes;
    }

    private static Set<String> terms(List<Passage> passages) {
        Set<String> terms = new HashSet<>();
        for (Passage passage : passages) {
            List<Word> words = Words.of(passage.text());
            words.forEach(word -> terms.add(word.term()));
            WordPairs.add(words, terms);
        }
        if (!terms.isEmpty()) {
            terms.add(RunMarks.PAIRS);
        }
        return terms;
    }

    /** Returns the runs that were indexed before: these have texts already. */
    private static Set<Long> keep(Connection connection, Map<Long, byte[]> texts) throws SQLException {
        Set<Long> again = new HashSet<>();
        try (PreparedStatement update =
                        connection.prepareStatement("update search_document set content = ? where run_pk = ?");
                PreparedStatement insert =
                        connection.prepareStatement("insert into search_document (content, run_pk) values (?, ?)")) {
            for (Map.Entry<Long, byte[]> each : texts.entrySet()) {
                set(update, each);
            }
            int[] updated = update.executeBatch();
            int at = 0;
            for (Map.Entry<Long, byte[]> each : texts.entrySet()) {
                if (updated[at++] == 0) {
                    set(insert, each);
                } else {
                    again.add(each.getKey());
                }
            }
            insert.executeBatch();
        }
        return again;
    }

    private static void set(PreparedStatement to, Map.Entry<Long, byte[]> text) throws SQLException {
        to.setBytes(1, text.getValue());
        to.setLong(2, text.getKey());
        to.addBatch();
    }

    /** Also of a run without texts, which may be in the segments of traits. */
    @Override
    public void remove(Connection connection, long runPk) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement("delete from search_document where run_pk = ?")) {
            delete.setLong(1, runPk);
            delete.executeUpdate();
        }
        try (PreparedStatement insert = connection.prepareStatement(REMOVE)) {
            insert.setObject(1, Instant.now().atOffset(ZoneOffset.UTC));
            insert.setLong(2, runPk);
            insert.executeUpdate();
        }
    }

    /**
     * Takes the runs of one owner that were deleted out of one of its segments: an owner may have hundreds of megabytes of them. An owner
     * whose segments fail again rests for an hour: the others are not to wait until they are mended. Only the thread of indexing calls this.
     */
    @Override
    public boolean tidy(Connection connection) throws SQLException {
        @Nullable Tidying begun = tidying;
        @Nullable
        Tidying some = begun == null
                ? Tidying.of(connection, Instant.now().minus(REST), failing.passedOver(), lastTidied)
                : begun;
        tidying = some;
        if (some == null) {
            return false;
        }
        lastTidied = some.owner();
        try {
            if (!some.next(connection, store.engine())) {
                failing.succeeded(some.owner());
                tidying = null;
            }
        } catch (SQLException | RuntimeException e) {
            if (!Failing.isOfTheKey(e, store)
                    || !leave(
                            some.owner(),
                            "runs that owner %s has deleted cannot be taken out of its index, which rests for an hour: %s",
                            e)) {
                // It is tried again.
                throw e;
            }
            tidying = null;
        }
        return true;
    }
}
