package io.runtape.history;

import io.runtape.access.Owner;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The conditions of a listing, put together from those filters that are given: one that is not leaves no trace, so that the
 * database plans for the question that was asked. Always confined to one owner.
 */
public final class WhereClause {

    private final StringBuilder hql = new StringBuilder("e.owner = :owner");
    private final Map<String, Object> parameters = new LinkedHashMap<>();

    private WhereClause(Owner owner) {
        parameters.put("owner", owner.id());
    }

    /** That the owner is this one. */
    public static WhereClause of(Owner owner) {
        return new WhereClause(owner);
    }

    /** Where there is a value, the condition with it as its parameter {@code :name}. */
    public WhereClause and(String condition, String name, Optional<?> value) {
        value.ifPresent(v -> {
            hql.append(" and ").append(condition);
            parameters.put(name, v);
        });
        return this;
    }

    /** Where the listing goes on, the condition with the cursor's values as its parameters. */
    public WhereClause and(String condition, Map<String, ?> values) {
        hql.append(" and ").append(condition);
        parameters.putAll(values);
        return this;
    }

    /** The conditions over an entity {@code e}. */
    public String hql() {
        return hql.toString();
    }

    /** The values of the conditions' parameters, by their names. */
    public Map<String, Object> parameters() {
        return parameters;
    }
}
