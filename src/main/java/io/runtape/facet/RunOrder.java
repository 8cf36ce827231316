package io.runtape.facet;

import java.util.Comparator;

/**
 * An order of runs. Runs whose value is not known come last in both directions.
 *
 * @param by what they are sorted by
 * @param descending whether the largest comes first
 */
public record RunOrder(By by, boolean descending) {

    /** What runs are sorted by. */
    public enum By {
        CREATED_AT("created_us"),
        DURATION_MS("duration_ms"),
        TOTAL_TOKENS("total_tokens");

        private final String column;

        By(String column) {
            this.column = column;
        }

        /** Its column in the table of facts. */
        String column() {
            return column;
        }
    }

    /** The newest first. */
    public static final RunOrder NEWEST = new RunOrder(By.CREATED_AT, true);

    /** Compares places of a list in this order. */
    Comparator<Place> comparator() {
        Comparator<Long> values = descending ? Comparator.reverseOrder() : Comparator.naturalOrder();
        return Comparator.comparing(Place::value, Comparator.nullsLast(values)).thenComparing(Place::runPk, values);
    }

    /** The direction in SQL. */
    String direction() {
        return descending ? " desc" : " asc";
    }

    /** The comparison in SQL that a later place passes. */
    String past() {
        return descending ? "<" : ">";
    }
}
