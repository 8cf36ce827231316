package io.runtape.clients;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.testsupport.PostgresResource;

@QuarkusTest
@WithTestResource(PostgresResource.class)
class OfficialClientsPostgresTest extends OfficialClientsTest {

    @Override
    int cuts() {
        return 200;
    }
}
