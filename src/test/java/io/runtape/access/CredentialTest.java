package io.runtape.access;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;

class CredentialTest {
    @Test
    void takesTheApiKeyBeforeTheBearerToken() {
        assertEquals("rt_live_1", in("rt_live_1", "Bearer rt_live_2"));
        assertEquals("rt_live_2", in(null, "Bearer rt_live_2"));
        assertEquals("rt_live_2", in("  ", "Bearer rt_live_2"));
    }

    @Test
    void looksThroughCaseAndWhitespaceOfTheScheme() {
        assertEquals("rt_live_2", in(null, " bEARER \t rt_live_2 "));
        assertEquals("rt_live_1", in(" rt_live_1\t", null));
    }

    @Test
    void takesAnotherSchemeWhole() {
        assertEquals("Basic dTpw", in(null, "Basic dTpw"));
        assertEquals("BearerX", in(null, "BearerX"));
        assertEquals("rt_live_3", in(null, "rt_live_3"));
    }

    @Test
    void isNothingWithoutAValue() {
        assertNull(Credential.in(null, null));
        assertNull(Credential.in("", " "));
        assertNull(Credential.in(null, "Bearer"));
        assertNull(Credential.in(null, "Bearer   "));
    }

    @Test
    void hidesItself() {
        assertFalse(String.valueOf(Credential.in("rt_live_1", null)).contains("rt_live_1"));
    }

    private static String in(String apiKey, String authorization) {
        return new String(Credential.in(apiKey, authorization).bytes(), UTF_8);
    }
}
