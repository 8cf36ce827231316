package io.runtape.testsupport;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Runs of one event, recorded one after the other. */
public final class ShortRuns {

    private ShortRuns() {}

    /** Records so many through a gateway that needs no credential; returns their ids. */
    public static List<String> record(GatewayProcess gateway, ScriptedUpstream upstream, int count) throws IOException {
        String script = upstream.on(Script.stream("data: x\n\n")).header();
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            try (WireResponse response = gateway.client().post("/v1/run", "{}", script)) {
                response.whole();
                ids.add(response.header("Runtape-Run-Id"));
            }
        }
        return ids;
    }
}
