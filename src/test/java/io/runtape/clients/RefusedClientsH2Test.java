package io.runtape.clients;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.runtape.testsupport.H2Resource;
import io.runtape.testsupport.ShortBounds;

@QuarkusTest
@TestProfile(ShortBounds.class)
@WithTestResource(H2Resource.class)
class RefusedClientsH2Test extends RefusedClientsTest {}
