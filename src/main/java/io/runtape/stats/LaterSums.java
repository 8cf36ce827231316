package io.runtape.stats;

/**
 * Sums that an earlier version of the schema did not have. A gateway of such a version does not add runs to them; a later one does,
 * and until then no question is answered by them.
 */
enum LaterSums {
    MONTHS("in_months"),

    /** Those over all runs that ended alike. */
    OVERALL("in_overall"),

    /** Those over all runs that have one label in common, and ended alike. */
    LABELS("in_labels");

    private final String column;

    LaterSums(String column) {
        this.column = column;
    }

    /** The column that tells whether a run is added to them. */
    String column() {
        return column;
    }

    /** Selects some of the runs that are not added to them. */
    String missing() {
        return "select run_pk from run_stats where " + column + " is null order by " + column + ", run_pk limit 20";
    }

    /** Notes that a run is added to them. */
    String done() {
        return "update run_stats set " + column + " = true where run_pk = ?";
    }
}
