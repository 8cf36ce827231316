package io.runtape.facet;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.testsupport.PostgresResource;

@QuarkusTest
@WithTestResource(PostgresResource.class)
class UnindexedRunsPostgresTest extends UnindexedRunsTest {}
