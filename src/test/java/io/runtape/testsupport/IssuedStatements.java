package io.runtape.testsupport;

import io.quarkus.hibernate.orm.PersistenceUnitExtension;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.hibernate.resource.jdbc.spi.StatementInspector;

/** The SQL that Hibernate makes of the gateway's queries. Safe for any thread. */
@Singleton
@PersistenceUnitExtension
public final class IssuedStatements implements StatementInspector {

    private static final ThreadLocal<List<String>> ISSUED = new ThreadLocal<>();

    /** Queries of this thread. */
    @FunctionalInterface
    public interface Queries {
        void run() throws SQLException;
    }

    /** The statements of some queries, in their order, with a question mark for each parameter. */
    public static List<String> of(Queries queries) throws SQLException {
        List<String> issued = new ArrayList<>();
        ISSUED.set(issued);
        try {
            queries.run();
        } finally {
            ISSUED.remove();
        }
        return issued;
    }

    @Override
    public String inspect(String sql) {
        List<String> issued = ISSUED.get();
        if (issued != null) {
            issued.add(sql);
        }
        return sql;
    }
}
