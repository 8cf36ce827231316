package io.runtape.history;

import io.runtape.access.Owner;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The conditions of a listing, made from the given filters. An absent filter leaves no trace, so the database plans for
 * exactly this query. The conditions always include one owner.
 */
public final class WhereClause {

    private final StringBuilder hql;
    private final Map<String, Object> parameters = new LinkedHashMap<>();

    private WhereClause(Owner owner) {
        hql = new StringBuilder("e.owner = :owner");
        parameters.put("owner", owner.id());
    }

    /** Begins with the condition that the owner is this one. */
    public static WhereClause of(Owner owner) {
        return new WhereClause(owner);
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
