package io.runtape.clients;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** An API as one of its clients in Java calls it. The methods throw what the client throws. Safe for any thread. */
interface JavaApi {

    /** What a client shows of an error. */
    record Shown(int status, String message, Optional<String> requestId) {}

    /** All of them. */
    static List<JavaApi> all() {
        return List.of(new OpenAiResponses(), new OpenAiChat(), new AnthropicMessages(), new LangChain4jChat());
    }

    /** Where the gateway serves it. */
    String prefix();

    /** A case of text alone, whose stream is long if the event with this word comes many times: {@link #word}. */
    String text();

    default String word() {
        return "mitenand";
    }

    /** Cases of streams. */
    List<String> streams();

    /** Cases of whole responses. */
    List<String> bodies();

    /** A case with an error after a 200. */
    String failing();

    /** Reads a stream to its end. */
    Spoken stream(JavaCall call);

    /** Asks for a whole response. */
    Spoken whole(JavaCall call);

    /** Opens a stream, takes what comes first, and leaves. */
    void leave(JavaCall call);

    /** Hands on each event of a stream, as it is told apart from others. */
    void events(JavaCall call, Consumer<String> each);

    /** What the client shows of an error that one of these methods threw. */
    Shown shown(Throwable thrown);

    /** Whether the network is to blame for what one of these methods threw, and not somebody's response. */
    boolean isCut(Throwable thrown);

    /** Whether what one of these methods threw tells of a 503, after which a client may come again. */
    boolean isTurnedAway(Throwable thrown);

    /** Whether the client repeats a call for a stream by itself. */
    default boolean repeatsStreams() {
        return true;
    }

    /** Whether the client throws where a stream tells of an error. */
    default boolean throwsErrorsOfStreams() {
        return true;
    }
}
