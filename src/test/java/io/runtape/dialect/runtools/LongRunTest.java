package io.runtape.dialect.runtools;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.runtape.dialect.AllDialects;
import io.runtape.dialect.Message;
import io.runtape.sse.ServerSentEvent;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What one event takes does not grow with the events before it. */
class LongRunTest {

    private static final int EVENTS = 100_000;

    /** What an agent does again and again within one message. */
    private enum Habit {
        SAYING(EVENTS, i -> Stream.of(event("assistant_message", "{\"content\":\"m" + i + "\"}"))),
        CALLING(
                2 * EVENTS,
                i -> i < EVENTS
                        ? Stream.of(event("tool_call", "{\"name\":\"t" + i % 7 + "\",\"input\":{}}"))
                        : Stream.of(event("tool_result", "{\"name\":\"t" + i % 7 + "\",\"output\":\"ok\"}"))),
        ANSWERING(
                2 * EVENTS,
                i -> Stream.of(
                        event("tool_call", "{\"name\":\"t\",\"input\":{}}"), event("tool_result", "{\"output\":1}"))),
        FAILING(EVENTS, i -> Stream.of(event("error", "{\"code\":\"c\",\"message\":\"e" + i + "\"}"))),
        SERVING(EVENTS, i -> Stream.of(event("dev_url", "{\"url\":\"http://localhost/" + i + "\"}"))),
        COMPLETING(
                2 * EVENTS,
                i -> Stream.of(event("run_completed", "{\"result\":\"r" + i + "\",\"files\":[\"f" + i + "\"]}")));

        private final int parts;
        private final Function<Integer, Stream<ServerSentEvent>> events;

        Habit(int parts, Function<Integer, Stream<ServerSentEvent>> events) {
            this.parts = parts;
            this.events = events;
        }
    }

    private static ServerSentEvent event(String type, String data) {
        return new ServerSentEvent(type, data, "");
    }

    @ParameterizedTest
    @EnumSource
    @Timeout(60)
    void tellsALongMessage(Habit habit) {
        int times = habit == Habit.CALLING ? 2 * EVENTS : EVENTS;
        List<ServerSentEvent> events =
                IntStream.range(0, times).boxed().flatMap(habit.events::apply).toList();

        List<Message> messages = AllDialects.dialects().of("auto", "/v1/run").transcript(events);

        assertEquals(1, messages.size());
        assertEquals(habit.parts, messages.get(0).parts().size());
    }
}
