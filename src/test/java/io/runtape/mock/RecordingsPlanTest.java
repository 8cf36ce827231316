package io.runtape.mock;

import io.runtape.testsupport.LargeTables;
import io.runtape.testsupport.RunningGateway;
import java.sql.SQLException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The runs that a call can be answered from are found by an index, however many there are. */
abstract class RecordingsPlanTest extends RunningGateway {

    private static String statement(String name) {
        return switch (name) {
            case "of a call" -> Recordings.INDEXED.replaceFirst("\\?", "'o'").replace("?", "'k1'");
            case "newest of a call" ->
                Recordings.NEWEST_INDEXED.replaceFirst("\\?", "'o'").replace("?", "'k1'");
            case "unindexed" -> Recordings.UNINDEXED.replace("?", "'o'");
            case "count of unindexed" -> Recordings.COUNT_UNINDEXED.replace("?", "'cassettes'");
            case "newest" -> Recordings.NEWEST.replace("?", "'o'");
            // Of the cassettes: one owner of many.
            case "all" -> Recordings.ALL.replace("?", "'cassettes'");
            default -> throw new IllegalArgumentException(name);
        };
    }

    @ParameterizedTest
    @CsvSource({
        "of a call, recorded_request_by_key, recorded_request_owner_request_key_run_pk_idx",
        "count of unindexed, run_by_upstream_id, run_owner_upstream_run_id_idx",
        "newest of a call, recorded_request_by_key, recorded_request_owner_request_key_run_pk_idx"
    })
    void findsTheRunsOfACallByAnIndex(String name, String onH2, String onPostgres) throws SQLException {
        LargeTables.requireIndex(store(), statement(name), onH2, onPostgres);
    }

    @ParameterizedTest
    @CsvSource({
        "unindexed, run_unindexed, run_indexed_at_completed_at_run_pk_idx",
        "newest, run_by_time, run_owner_created_at_run_pk_idx",
        "all, run_by_time, run_owner_created_at_run_pk_idx"
    })
    void findsRunsInTheirOrder(String name, String onH2, String onPostgres) throws SQLException {
        LargeTables.requireOrder(store(), statement(name), onH2, onPostgres);
    }
}
