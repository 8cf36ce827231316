package io.runtape.clients;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.testsupport.H2Resource;

@QuarkusTest
@WithTestResource(H2Resource.class)
class OfficialClientsH2Test extends OfficialClientsTest {

    /** Enough to meet each step of a resume: what the clients do is the same on both databases, and takes its time. */
    @Override
    int cuts() {
        return 50;
    }
}
