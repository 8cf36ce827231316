package io.runtape.server.names;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceLinksTest {

    @ParameterizedTest
    @CsvSource({
        "RUNTAPE_SERVICE_HOST, 10.0.0.11",
        "RUNTAPE_SERVICE_PORT, 8080",
        "RUNTAPE_SERVICE_PORT_HTTP, 8080",
        "RUNTAPE_PORT, tcp://10.0.0.11:8080",
        "RUNTAPE_PORT_8080_TCP, tcp://10.0.0.11:8080",
        "RUNTAPE_PORT_8080_TCP_PROTO, tcp",
        "RUNTAPE_PORT_8080_TCP_PORT, 8080",
        "RUNTAPE_PORT_8080_TCP_ADDR, 10.0.0.11",
        "RUNTAPE_MANAGEMENT_SERVICE_HOST, 10.0.0.12",
        "RUNTAPE_MANAGEMENT_PORT_53_UDP_ADDR, 10.0.0.12",
        "RUNTAPE_MANAGEMENT_PORT, tcp://10.0.0.12:9000"
    })
    void areWhatKubernetesSets(String variable, String value) {
        assertTrue(ServiceLinks.isOne(variable, value));
    }

    @ParameterizedTest
    @CsvSource({
        "RUNTAPE_PORT, 8080",
        "RUNTAPE_HTTP_PORT, 8080",
        "RUNTAPE_SERVICE_PORT, http",
        "RUNTAPE_SECRETS, hunter2",
        "RUNTAPE_HOST, 0.0.0.0",
        "RUNTAPE_DATABASE_HOST, db"
    })
    void areNotWhatAnOperatorSets(String variable, String value) {
        assertFalse(ServiceLinks.isOne(variable, value));
    }
}
