package io.runtape.history;

import io.runtape.access.Owner;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The conditions of a listing, made from the given filters. An absent filter leaves no trace, so the database plans for
 * exactly this query. The conditions always include one owner.
 */
public final class WhereClause {

    private final StringBuilder hql;
    private final Map<String, Object> parameters = new LinkedHashMap<>();

    private WhereClause(String condition, Owner owner) {
        hql = new StringBuilder(condition);
        parameters.put("owner", owner.id());
    }

    /** Begins with the condition that the owner is this one. */
    public static WhereClause of(Owner owner) {
        return new WhereClause("e.owner = :owner", owner);
    }

    /**
     * Begins with the same condition and one on the keys of runs, which alone are looked up: no index has the expression, and
     * H2 would otherwise walk all that the owner has. Both are about the runs, whatever is joined to them: a database that
     * cannot tell how many rows the expression leaves would begin with the table that has it.
     *
     * @param runs the alias of the runs
     */
    public static WhereClause among(Owner owner, String runs, List<Long> keys) {
        WhereClause conditions =
                new WhereClause(runs + ".runPk in :keys and substring(" + runs + ".owner, 1, 128) = :owner", owner);
        conditions.parameters.put("keys", keys);
        return conditions;
    }

    /** If there is a value, adds the condition with the value as its parameter {@code :name}. */
    public WhereClause and(String condition, String name, Optional<?> value) {
        value.ifPresent(v -> {
            hql.append(" and ").append(condition);
            parameters.put(name, v);
        });
        return this;
    }

    /** Adds the condition at which the listing goes on, with the cursor's values as its parameters. */
    public WhereClause and(String condition, Map<String, ?> values) {
        hql.append(" and ").append(condition);
        parameters.putAll(values);
        return this;
    }

    /** The conditions, in HQL over an entity {@code e}. */
    public String hql() {
        return hql.toString();
    }

    /** The parameters of the conditions, by name. */
    public Map<String, Object> parameters() {
        return parameters;
    }
}
