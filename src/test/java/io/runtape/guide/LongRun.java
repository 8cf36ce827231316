package io.runtape.guide;

import io.runtape.testsupport.DroppingLink;
import io.runtape.testsupport.Exchange;
import io.runtape.testsupport.Script;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A run of about 20 kB, each half longer than what a link lets pass at once. */
final class LongRun implements Script {

    private static final int COUNT = 200;

    /** Readers that know {@code retry} come back soon; the others wait half a second or one. */
    private static final String RETRY = "retry: 50\n\n";

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final String COMMENT = ": beat\n\n";

    /** What a client must have of it: one frame that is no event comes before each half. */
    static final List<String> EVENTS = events();

    private final DroppingLink link;

    /** One that sends all at once. */
    LongRun() {
        this(null);
    }

    /** One that goes on when its reader over this link has been cut off. */
    LongRun(DroppingLink link) {
        this.link = link;
    }

    private static List<String> events() {
        List<String> events = new ArrayList<>();
        for (int n = 1; n <= COUNT; n++) {
            int sequence = n <= COUNT / 2 ? n + 1 : n + 2;
            events.add(sequence + " " + data(n));
        }
        return List.copyOf(events);
    }

    private static String data(int n) {
        return "{\"delta\":\"" + n + " – wörd ".repeat(n % 7) + "\"}";
    }

    @Override
    public void answer(Exchange exchange) throws Exception {
        exchange.streamHead().chunk(RETRY);
        send(exchange, 1, COUNT / 2);
        if (link != null) {
            link.awaitCut(PATIENCE);
        }
        exchange.chunk(COMMENT);
        send(exchange, COUNT / 2 + 1, COUNT);
        exchange.end();
    }

    private static void send(Exchange exchange, int from, int to) throws IOException {
        for (int n = from; n <= to; n++) {
            exchange.chunk("event: assistant_message_delta\ndata: " + data(n) + "\n\n");
        }
    }
}
