package io.runtape.server.response;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 9110, section 12.5.3. */
class AcceptedCodingsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "gzip | true",
                "GZip | true",
                "x-gzip | true",
                "gzip, deflate, br, zstd | true",
                "br;q=1.0, gzip;q=0.8, *;q=0.1 | true",
                "gzip;q=0.001 | true",
                "gzip ; Q=1 | true",
                "* | true",
                "identity;q=0 | false",
                "*;q=0.5, identity;q=0.2 | true",
                "gzip;q=0 | false",
                "gzip;q=0.000 | false",
                "gzip;q=0, * | false",
                "*;q=0 | false",
                "identity | false",
                "identity, gzip;q=0.5 | false",
                "identity;q=0.5, gzip;q=0.5 | true",
                "br, deflate | false",
                "gzip;q=2 | false",
                "gzip;q=-1 | false",
                "gzip;q=NaN | false",
                "gzip;q=much | false",
                "gzip;level=9 | false",
                "gzipped | false",
                "'' | false",
                "', ,;' | false"
            })
    void readsWhatAClientWouldRatherHave(String header, boolean gzip) {
        assertEquals(gzip, AcceptedCodings.preferGzip(List.of(header)), header);
    }

    @Test
    void readsAllHeaders() {
        assertEquals(false, AcceptedCodings.preferGzip(List.of()));
        assertTrue(AcceptedCodings.preferGzip(List.of("br", "gzip")));
    }
}
