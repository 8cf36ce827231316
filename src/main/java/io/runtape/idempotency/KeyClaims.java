package io.runtape.idempotency;

import io.runtape.journal.sql.RunClaims;
import io.runtape.journal.sql.RunWrite;
import io.runtape.run.IdempotencyKey;
import io.runtape.run.RunKey;
import io.runtape.run.RunStart;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Claims idempotency keys for new runs, in the transaction of the runs' rows. The table's primary key decides which run
 * gets a key, whichever gateways the calls came to.
 *
 * <p>A key has a run until it expires. It is free again if its run ended before anything was sent to the agent API, or
 * got a response that asks to try again. That follows from the run's row, however the run ended, and needs no statement
 * at that time. It holds from the response's head on: a client may have the whole response, and repeat the call, before
 * the run's end is durable. A run that ended without a response after its call was sent, or whose gateway died when the
 * call may have been sent, keeps its key: the agent may have done its work.
 */
@Singleton
public final class KeyClaims implements RunClaims {

    /** The condition for a free key. It is false if the key's run was deleted: such a key is gone. */
    static final String FREE = """
            (idempotency_key.expires_at <= current_timestamp or exists (select 1 from run r
                where r.run_pk = idempotency_key.run_pk and (r.upstream_status in (429, 503)
                    or r.upstream_status is null and r.completed_at is not null and not r.cut)))""";

    public static final String DELETE_FREE = "delete from idempotency_key where owner = ? and id = ? and " + FREE;

    /**
     * Inserts nothing for the key of a deleted run, see {@link GoneKey}. Inserts by a select: the driver of PostgreSQL
     * merges rows that are inserted by values into one statement, and then does not count each.
     */
    private static final String INSERT = """
            insert into idempotency_key (owner, id, request_hash, run_pk, expires_at)
            select ?, ?, ?, ?, current_timestamp + interval '1' second * cast(? as bigint)
            where not exists (select 1 from idempotency_key gone
                where gone.owner = ? and gone.id = ? and gone.expires_at > current_timestamp)
            on conflict do nothing""";

    /**
     * Gives a key back whose run a deletion has just taken away. The insert waits for a deletion that goes on, and then goes by what
     * it saw before: the key was there, and no digest of it.
     */
    private static final String GIVE_BACK = """
            delete from idempotency_key where owner = ? and id = ? and run_pk = ? and exists (select 1 from idempotency_key gone
                where gone.owner = ? and gone.id = ? and gone.expires_at > current_timestamp)""";

    /** Skips rows that another gateway is about to delete. */
    public static final String SELECT_EXPIRED = """
            select owner, id from idempotency_key where expires_at <= current_timestamp
            order by expires_at limit ? for update skip locked""";

    /** Deletes each by its key: a delete with a select might get, and keep, a plan that scans the whole table. */
    public static final String DELETE = "delete from idempotency_key where owner = ? and id = ?";

    @Override
    public Set<RunKey> taken(Connection connection, List<RunWrite> writes) throws SQLException {
        List<RunWrite> claims = claims(writes);
        if (claims.isEmpty()) {
            return Set.of();
        }
        Set<RunKey> taken = new HashSet<>();
        try (PreparedStatement free = connection.prepareStatement(DELETE_FREE);
                PreparedStatement insert = connection.prepareStatement(INSERT);
                PreparedStatement giveBack = connection.prepareStatement(GIVE_BACK)) {
            for (RunWrite claim : claims) {
                RunStart start = Objects.requireNonNull(claim.start());
                IdempotencyKey key = Objects.requireNonNull(start.key());
                String gone = GoneKey.of(start.owner().id(), key.id());
                free.setString(1, start.owner().id());
                free.setString(2, key.id());
                free.addBatch();
                insert.setString(1, start.owner().id());
                insert.setString(2, key.id());
                insert.setString(3, key.requestHash());
                insert.setLong(4, claim.run().pk());
                insert.setLong(5, key.ttl().toSeconds());
                insert.setString(6, start.owner().id());
                insert.setString(7, gone);
                insert.addBatch();
                giveBack.setString(1, start.owner().id());
                giveBack.setString(2, key.id());
                giveBack.setLong(3, claim.run().pk());
                giveBack.setString(4, start.owner().id());
                giveBack.setString(5, gone);
                giveBack.addBatch();
            }
            free.executeBatch();
            int[] inserted = insert.executeBatch();
            int[] givenBack = giveBack.executeBatch();
            for (int i = 0; i < inserted.length; i++) {
                if (inserted[i] == 0 || givenBack[i] > 0) {
                    taken.add(claims.get(i).run());
                }
            }
        }
        prune(connection, claims.size());
        return taken;
    }

    /** Sorted, so that two gateways lock the rows of the same keys in the same order. */
    private static List<RunWrite> claims(List<RunWrite> writes) {
        List<RunWrite> claims = new ArrayList<>();
        for (RunWrite write : writes) {
            if (write.claimsKey()) {
                claims.add(write);
            }
        }
        claims.sort(Comparator.comparing(KeyClaims::owner).thenComparing(KeyClaims::id));
        return claims;
    }

    private static String owner(RunWrite claim) {
        return claim.run().owner();
    }

    private static String id(RunWrite claim) {
        return Objects.requireNonNull(Objects.requireNonNull(claim.start()).key())
                .id();
    }

    /** Deletes twice as many as were added, so that the table shrinks to the remembered keys. */
    private static void prune(Connection connection, int added) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(SELECT_EXPIRED);
                PreparedStatement delete = connection.prepareStatement(DELETE)) {
            select.setInt(1, 2 * added);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    delete.setString(1, row.getString(1));
                    delete.setString(2, row.getString(2));
                    delete.addBatch();
                }
            }
            delete.executeBatch();
        }
    }
}
