package io.runtape.testsupport;

import io.runtape.store.Engine;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** What a plan that was also run, with {@code explain analyze}, tells of the rows that it looked at. */
public final class PlanRows {

    /** PostgreSQL: the rows that a node of the plan gave, or threw away. */
    private static final Pattern POSTGRES =
            Pattern.compile("rows=(\\d+)(?:\\.\\d+)? loops|Rows Removed by Filter: (\\d+)");

    /** H2: the rows that were looked at in a table. */
    private static final Pattern H2 = Pattern.compile("scanCount: (\\d+)");

    private PlanRows() {}

    /** The most rows that any step of the plan looked at. */
    public static long most(Engine engine, String plan) {
        Pattern pattern = engine == Engine.H2 ? H2 : POSTGRES;
        return pattern.matcher(plan).results().mapToLong(PlanRows::number).max().orElse(0);
    }

    /** A statement with PostgreSQL's own names of parameters, as {@code prepare} takes it. */
    public static String numbered(String statement) {
        StringBuilder numbered = new StringBuilder();
        int parameter = 0;
        for (char c : statement.toCharArray()) {
            if (c == '?') {
                numbered.append('$').append(++parameter);
            } else {
                numbered.append(c);
            }
        }
        return numbered.toString();
    }

    private static long number(MatchResult found) {
        return Long.parseLong(found.group(1) == null ? found.group(2) : found.group(1));
    }
}
