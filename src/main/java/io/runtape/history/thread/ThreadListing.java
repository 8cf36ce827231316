package io.runtape.history.thread;

import io.runtape.access.Owner;
import io.runtape.history.thread.ThreadQueries.StreamPosition;
import io.runtape.store.Engine;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The statement that lists threads of an owner, the latest activity first: it goes along an index that has only those that are asked
 * for, and ends when they are enough. Of several agents it goes along the threads of each. Confined to one thread.
 */
final class ThreadListing {

    /** For more agents the threads of all are gone along, and those of others left out. */
    static final int AGENTS_MAX = 20;

    /** H2 reads the threads of each agent to the limit: so many in all at the most. */
    private static final int READ_ON_H2_MAX = 25_000;

    private static final String LATEST = " order by updated_at desc, id desc limit ?";

    private final Engine engine;
    private final Owner owner;
    private final ThreadFilter filter;
    private final Optional<StreamPosition> after;
    private final int limit;
    private final List<Object> parameters = new ArrayList<>();
    private final String sql;

    /**
     * @param after the position behind which the list goes on; empty for its beginning
     * @param limit how many threads at the most
     */
    ThreadListing(Engine engine, Owner owner, ThreadFilter filter, Optional<StreamPosition> after, int limit) {
        this.engine = engine;
        this.owner = owner;
        this.filter = filter;
        this.after = after;
        this.limit = limit;
        this.sql = statement(filter.common().agents());
    }

    /** Selects the columns of {@link ListedThread#of(java.sql.ResultSet)}. */
    String sql() {
        return sql;
    }

    /** The values of its parameters, in their order. */
    List<Object> parameters() {
        return Collections.unmodifiableList(parameters);
    }

    /** The statement, with its parameters. */
    PreparedStatement prepare(Connection connection) throws SQLException {
        PreparedStatement select = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.size(); i++) {
            select.setObject(i + 1, parameters.get(i));
        }
        return select;
    }

    private String statement(List<String> agents) {
        boolean readsMany = engine == Engine.H2 && agents.size() * limit > READ_ON_H2_MAX;
        if (agents.size() <= 1 || agents.size() > AGENTS_MAX || readsMany) {
            return along(agents);
        }
        String each = agents.stream()
                .map(agent -> "(" + along(List.of(agent)) + ")")
                .collect(Collectors.joining(" union all "));
        parameters.add(limit);
        return "select * from (" + each + ") s" + LATEST;
    }

    private String along(List<String> agents) {
        OffsetDateTime end = time(filter.common().end());
        OffsetDateTime at = after.map(position -> time(position.updatedAt())).orElse(end);
        parameters.addAll(List.of(
                owner.id(),
                time(filter.common().since().orElse(Instant.EPOCH)),
                end,
                at,
                at,
                after.map(StreamPosition::id).orElse("")));
        parameters.addAll(agents);
        parameters.add(limit);
        // The number of runs repeats the condition of partial indexes, and so does a constant.
        return "select id, title, agent, archived, created_at, updated_at from thread" + index(agents)
                + " where owner = ? and last_ordinal > 0 and updated_at >= ? and updated_at < ? and updated_at <= ?"
                + " and (updated_at < ? or id < ?)"
                + (agents.isEmpty()
                        ? ""
                        : " and agent in (" + String.join(", ", Collections.nCopies(agents.size(), "?")) + ")")
                + filter.archived()
                        .map(archived -> " and archived = " + archived)
                        .orElse("")
                + LATEST.replace("updated_at desc", "owner desc, " + second(agents) + "updated_at desc");
    }

    /** In a part of a union H2 does not look at the order, and the shorter index may seem as good to it. */
    private String index(List<String> agents) {
        return engine == Engine.H2 && agents.size() == 1 ? " use index (thread_by_agent)" : "";
    }

    /** H2 takes an index for the order only if the order has all of its columns. */
    private String second(List<String> agents) {
        if (agents.size() == 1) {
            return "agent desc, ";
        }
        return engine == Engine.H2 && filter.archived().isPresent() ? "archived desc, " : "";
    }

    private static OffsetDateTime time(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
