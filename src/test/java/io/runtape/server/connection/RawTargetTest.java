package io.runtape.server.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The URI that a target means. */
class RawTargetTest {

    /** Servers take it for an end of a parameter; those of the history are separated by {@code &} alone. */
    @ParameterizedTest
    @CsvSource({
        "/v1/files?a=b;c=d&e;, /v1/files?a=b%3Bc=d&e%3B",
        "/v1/f;g?a;b, /v1/f;g?a%3Bb",
        "/v1/files?;?;, /v1/files?%3B?%3B",
        "http://host;1/f?;, http://host;1/f?%3B"
    })
    void encodesASemicolonInTheQuery(String target, String uri) {
        assertEquals(uri, RawTarget.uri(target));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/f;g", "/v1/files?a=b%3Bc", "*"})
    void leavesAUriAsItIs(String target) {
        assertNull(RawTarget.uri(target));
    }

    @Test
    void encodesWhatNoUriHas() {
        assertEquals("/%7Ba%7D?q=%C3%A4%25zz", RawTarget.uri("/{a}?q=\u00c3\u00a4%zz"));
    }
}
