package io.runtape.upstream;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.testsupport.H2Resource;

@QuarkusTest
@WithTestResource(H2Resource.class)
class GatewayFaultH2Test extends GatewayFaultTest {}
