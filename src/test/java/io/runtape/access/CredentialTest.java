package io.runtape.access;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class CredentialTest {
    @Test
    void isTheSameInWhicheverHeader() {
        Credential key = Credential.of("X-API-Key", " rt_live_2\t");

        assertTrue(key.isSameAs(Credential.of("authorization", " bEARER \t rt_live_2 ")));
        assertTrue(key.isSameAs(Credential.of("Authorization", "rt_live_2")));
        assertFalse(key.isSameAs(Credential.of("X-API-Key", "Bearer rt_live_2")));
    }

    @Test
    void takesAnotherSchemeWhole() {
        assertEquals("basic dTpw", value("Basic dTpw"));
        assertEquals("basic dTpw", value("BASIC   dTpw"));
        assertEquals("BearerX", value("BearerX"));
    }

    @Test
    void isNothingWithoutAValue() {
        assertNull(Credential.of("X-API-Key", ""));
        assertNull(Credential.of("X-API-Key", " "));
        assertNull(Credential.of("Authorization", "Bearer"));
        assertNull(Credential.of("Authorization", "Bearer   "));
    }

    @Test
    void hidesItself() {
        assertFalse(String.valueOf(Credential.of("X-API-Key", "rt_live_1")).contains("rt_live_1"));
    }

    private static String value(String authorization) {
        return new String(Credential.of("Authorization", authorization).bytes(), UTF_8);
    }
}
