package io.runtape.search;

import io.runtape.segment.SegmentKind;
import io.runtape.segment.SegmentMerge;
import io.runtape.segment.SegmentReader;
import io.runtape.segment.SegmentReader.Part;
import io.runtape.testsupport.LargeTables;
import io.runtape.testsupport.RunningGateway;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The statements of indexing and of searches find their rows by an index, on tables of any size. */
abstract class SearchPlanTest extends RunningGateway {

    private static String statement(String name) {
        return switch (name) {
            case "live" -> LivePrompts.LIVE.replace("?", "'o'");
            case "just ended" -> LivePrompts.JUST_ENDED.replace("?", "'o'");
            case "many ended" -> LivePrompts.MANY_ENDED;
            case "ended of many" -> LivePrompts.ENDED_OF_MANY.replace("?", "'o'");
            case "ended of newest" -> LivePrompts.ENDED_OF_NEWEST.replace("?", "'o'");
            case "prompts" -> LivePrompts.PROMPTS_OF.replace("?", "array[1, 2, 3]");
            case "texts" -> Search.TEXTS_OF.replace("?", "array[1, 2, 3]");
            case "segments" -> SegmentReader.SEGMENTS.replace("?", "'o'");
            case "directories" -> Part.DIRECTORY.sql(SegmentKind.WORDS).replace("?", "array[1, 2, 3]");
            case "blocks" -> Part.BLOCK.sql(SegmentKind.WORDS).replace("?", "array[1, 2, 3]");
            case "documents" -> Part.DOCUMENTS.sql(SegmentKind.WORDS).replace("?", "array[1, 2, 3]");
            case "removed of owner" ->
                Tidying.REMOVED
                        .replaceFirst("\\?", "'o1'")
                        .replaceFirst("\\?", "timestamp with time zone '2030-01-01 00:00:00+00'")
                        .replace("?", "50000");
            case "removed" -> Tidying.NEXT_OWNER.replace("?", "'o1'");
            case "merged" -> SegmentMerge.COUNT.replaceFirst("\\?", "'o'").replace("?", "1");
            default -> throw new IllegalArgumentException(name);
        };
    }

    @ParameterizedTest
    @CsvSource({
        "live, run_live, run_status_idx",
        "just ended, run_unindexed, run_indexed_at_completed_at_run_pk_idx",
        "many ended, run_unindexed, run_indexed_at_completed_at_run_pk_idx",
        "ended of many, run_unindexed, run_indexed_at_completed_at_run_pk_idx",
        "ended of newest, run_by_time, run_owner_created_at_run_pk_idx",
        "prompts, primary_key, run_pkey",
        "texts, primary_key, run_pkey",
        "segments, search_segment_by_owner, search_segment_owner_level_idx",
        "directories, primary_key, search_segment_pkey",
        "blocks, primary_key, search_block_pkey",
        "documents, primary_key, search_segment_pkey",
        "removed, search_removal_by_owner, search_removal_owner_removed_at_idx",
        "removed of owner, search_removal_by_owner, search_removal_owner_removed_at_idx",
        "merged, search_segment_by_owner, search_segment_owner_level_idx"
    })
    void findsItsRowsByAnIndex(String name, String onH2, String onPostgres) throws SQLException {
        if (List.of("many ended", "ended of newest", "removed").contains(name)) {
            LargeTables.requireOrder(store(), statement(name), onH2, onPostgres);
        } else {
            LargeTables.requireIndex(store(), statement(name), onH2, onPostgres);
        }
    }
}
