package io.runtape.store;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Properties;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The JDBC driver of the only datasource: hands each address to PostgreSQL's driver or to H2's. Quarkus fixes the kind
 * of a datasource at build time; this class leaves the choice to the start. Safe for any thread.
 */
public final class RoutingDriver implements Driver {

    private final Driver postgresql = new org.postgresql.Driver();
    private final Driver h2 = new org.h2.Driver();

    private Driver driverOf(String url) {
        return url.startsWith("jdbc:h2:") ? h2 : postgresql;
    }

    @Override
    public @Nullable Connection connect(String url, Properties info) throws SQLException {
        DiskSpace.require(url, DiskSpace.TO_OPEN);
        return driverOf(url).connect(url, info);
    }

    @Override
    public boolean acceptsURL(String url) throws SQLException {
        return driverOf(url).acceptsURL(url);
    }

    @Override
    public DriverPropertyInfo[] getPropertyInfo(String url, Properties info) throws SQLException {
        return driverOf(url).getPropertyInfo(url, info);
    }

    @Override
    public int getMajorVersion() {
        return 1;
    }

    @Override
    public int getMinorVersion() {
        return 0;
    }

    @Override
    public boolean jdbcCompliant() {
        return false;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException("the driver logs nothing of its own");
    }
}
