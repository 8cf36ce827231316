package io.runtape.testsupport;

import io.quarkus.test.common.http.TestHTTPResource;
import io.runtape.store.Store;
import jakarta.inject.Inject;
import java.net.URI;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;

/**
 * What tests of the running gateway begin with. A subject is one abstract class that extends this, with all its tests, and
 * two thin classes that start it:
 *
 * <pre>{@code
 * abstract class LiveStreamTest extends RunningGateway { … }
 *
 * @QuarkusTest
 * @WithTestResource(H2Resource.class)
 * class LiveStreamH2Test extends LiveStreamTest {}
 *
 * @QuarkusTest
 * @WithTestResource(PostgresResource.class)
 * class LiveStreamPostgresTest extends LiveStreamTest {}
 * }</pre>
 *
 * The build runs those named {@code *H2Test} in a process of their own, beside all others. All classes of one resource share one
 * start of the application and one database, so a test looks at its own runs only.
 * Tests that must reach a bound add {@code @TestProfile(ShortBounds.class)}, which is one more start a database; no class
 * brings a profile of its own.
 */
public abstract class RunningGateway {

    @TestHTTPResource
    URI origin;

    @Inject
    Store store;

    /** The agent API behind the gateway. */
    protected final ScriptedUpstream upstream = ScriptedUpstream.shared();

    /** A client of the gateway. */
    protected WireClient client() {
        return new WireClient(origin.getPort());
    }

    /** The gateway's origin, without a slash at its end. */
    protected String url() {
        return "http://127.0.0.1:" + origin.getPort();
    }

    private RunTable table;

    /** The rows behind the gateway, read over a connection that is not the gateway's. */
    protected RunTable table() {
        if (table == null) {
            table = new RunTable(store::connect);
        }
        return table;
    }

    @AfterEach
    void closeTable() throws SQLException {
        if (table != null) {
            table.close();
            table = null;
        }
    }

    /** The database, for what {@link #table} does not read. */
    protected Store store() {
        return store;
    }
}
