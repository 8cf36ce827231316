package io.runtape.nativeimage;

import java.time.ZoneId;

final class ReadsTheZoneBehindAnInterface {

    static final String ZONE = zone(new Local());

    private ReadsTheZoneBehindAnInterface() {}

    private static String zone(Zone zone) {
        return zone.name();
    }

    private interface Zone {
        String name();
    }

    private static final class Local implements Zone {
        @Override
        public String name() {
            return ZoneId.systemDefault().getId();
        }
    }
}
