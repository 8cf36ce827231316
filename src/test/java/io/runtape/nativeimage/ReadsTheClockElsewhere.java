package io.runtape.nativeimage;

import java.time.Instant;

final class ReadsTheClockElsewhere {

    static final String STARTED = Elsewhere.now();

    private ReadsTheClockElsewhere() {}

    private static final class Elsewhere {

        static String now() {
            return Instant.now().toString();
        }
    }
}
