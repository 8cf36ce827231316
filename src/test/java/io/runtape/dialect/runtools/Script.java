package io.runtape.dialect.runtools;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runtape.dialect.AllDialects;
import io.runtape.dialect.ClientFold;
import io.runtape.dialect.EventType;
import io.runtape.dialect.Message;
import io.runtape.dialect.Outcome;
import io.runtape.dialect.Part;
import io.runtape.dialect.Role;
import io.runtape.dialect.RunDigest;
import io.runtape.sse.ServerSentEvent;
import java.util.ArrayList;
import java.util.List;

/** A hand-written stream, to be read live as bytes or afterwards as events. */
final class Script {
    private final List<ServerSentEvent> events = new ArrayList<>();

    /** An event; JSON may be written with single quotes. */
    Script with(String type, String data) {
        events.add(new ServerSentEvent(type, data.startsWith("{") ? data.replace('\'', '"') : data, ""));
        return this;
    }

    Outcome outcome() {
        RunDigest digest = AllDialects.dialects().of("auto", "/v1/run").digest();
        for (ServerSentEvent event : events) {
            String block = "event: " + event.event() + "\ndata: " + event.data().replace("\n", "\ndata: ") + "\n\n";
            byte[] bytes = ("??" + block + "??").getBytes(UTF_8);
            String type = EventType.of(event.event(), bytes, 2, bytes.length - 2, false);
            digest.event(type, bytes, 2, bytes.length - 2, false);
        }
        return digest.outcome();
    }

    List<Message> messages() {
        // Every stream here is also one that somebody joins late.
        ClientFold.assertGoesOnFromEverywhere(AllDialects.dialects().of("auto", "/v1/run"), events);
        return AllDialects.dialects().of("auto", "/v1/run").transcript(events);
    }

    /** The parts of the only message, which is the agent's. */
    List<Part> parts() {
        List<Message> messages = messages();
        if (messages.size() != 1 || messages.get(0).role() != Role.ASSISTANT) {
            throw new AssertionError("Not one message of the agent: " + messages);
        }
        return messages.get(0).parts();
    }
}
