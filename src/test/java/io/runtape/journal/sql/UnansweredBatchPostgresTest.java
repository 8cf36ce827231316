package io.runtape.journal.sql;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.testsupport.PostgresResource;

@QuarkusTest
@WithTestResource(PostgresResource.class)
class UnansweredBatchPostgresTest extends UnansweredBatchTest {}
