package io.runtape.search;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.testsupport.PostgresResource;

@QuarkusTest
@WithTestResource(PostgresResource.class)
class SearchPlanPostgresTest extends SearchPlanTest {}
