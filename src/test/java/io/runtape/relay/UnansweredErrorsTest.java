package io.runtape.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.runtape.error.ApiException;
import io.runtape.run.RunReason;
import io.runtape.upstream.UpstreamFailure;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients of OpenAI and Anthropic repeat each 5xx by themselves, unless they are told not to. */
class UnansweredErrorsTest {

    @ParameterizedTest
    @EnumSource(RunReason.class)
    void asksForNoRepeatOfARunWhoseCallWasSent(RunReason reason) {
        ApiException error = UnansweredErrors.because(reason, true);

        assertEquals(error.code().status() >= 500 ? "false" : null, shouldRetry(error));
        assertNull(shouldRetry(UnansweredErrors.because(reason, false)));
    }

    @ParameterizedTest
    @EnumSource(UpstreamFailure.class)
    void asksForNoRepeatOfACallThatWasSent(UpstreamFailure failure) {
        assertEquals("false", shouldRetry(UnansweredErrors.of(failure, true)));
        assertNull(shouldRetry(UnansweredErrors.of(failure, false)));
    }

    private static String shouldRetry(ApiException error) {
        return error.headers().get("x-should-retry");
    }
}
