package io.runtape.upstream;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.testsupport.PostgresResource;

@QuarkusTest
@WithTestResource(PostgresResource.class)
class GatewayFaultPostgresTest extends GatewayFaultTest {}
