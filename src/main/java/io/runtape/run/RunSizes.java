package io.runtape.run;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The bytes of runs' texts, so that not more of them are read than there is room for. */
public final class RunSizes {

    /** The bytes of the texts of a row of {@code run}. */
    public static final String OF_ROW = """
            octet_length(path) + coalesce(octet_length(answer_headers), 0)
                + coalesce(octet_length(prompt), 0) + coalesce(octet_length(result), 0)
                + octet_length(metadata) + octet_length(config)
                + coalesce(octet_length(usage), 0) + coalesce(octet_length(error), 0)""";

    private static final String SELECT = "select run_pk, " + OF_ROW + " from run where run_pk = any(?)";

    private RunSizes() {}

    /**
     * The bytes of the texts of those of these runs that are there.
     *
     * <p>Plain SQL with one parameter for all: Hibernate reads a list of parameters anew each time, which takes longer.
     */
    public static Map<Long, Long> of(Connection connection, List<Long> runPks) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(SELECT)) {
            select.setArray(1, connection.createArrayOf("bigint", runPks.toArray()));
            try (ResultSet row = select.executeQuery()) {
                Map<Long, Long> sizes = new HashMap<>();
                while (row.next()) {
                    sizes.put(row.getLong(1), row.getLong(2));
                }
                return sizes;
            }
        }
    }
}
