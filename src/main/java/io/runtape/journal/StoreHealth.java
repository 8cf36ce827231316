package io.runtape.journal;

import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Readiness of the database: whether the journal commits and readers get a connection that answers. */
@Readiness
@Singleton
public final class StoreHealth implements HealthCheck {

    private static final int VALID_SECONDS = 2;

    private final Journal journal;
    private final DataSource database;

    StoreHealth(Journal journal, DataSource database) {
        this.journal = journal;
        this.database = database;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("database")
                .status(journal.available() && answers())
                .build();
    }

    private boolean answers() {
        try (Connection connection = database.getConnection()) {
            return connection.isValid(VALID_SECONDS);
        } catch (SQLException e) {
            return false;
        }
    }
}
