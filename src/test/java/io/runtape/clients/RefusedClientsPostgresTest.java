package io.runtape.clients;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.runtape.testsupport.PostgresResource;
import io.runtape.testsupport.ShortBounds;

@QuarkusTest
@TestProfile(ShortBounds.class)
@WithTestResource(PostgresResource.class)
class RefusedClientsPostgresTest extends RefusedClientsTest {}
