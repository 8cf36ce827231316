package io.runtape.guide;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.sse.EventSource;
import okhttp3.sse.EventSourceListener;
import okhttp3.sse.EventSources;

/** Reads the events of a run, each once, whatever happens to the connection. */
final class OkHttpTail extends EventSourceListener {

    /** The gateway says something every 15 seconds; OkHttp's own limit of 10 would break quiet runs off. */
    private static final Duration SILENCE_MAX = Duration.ofSeconds(30);

    private final EventSource.Factory sources = EventSources.createFactory(
            new OkHttpClient.Builder().readTimeout(SILENCE_MAX).build());
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private final String events;
    private final String key;
    private final BiConsumer<String, String> reader;
    private volatile String lastId = "0";

    /** Of the events at {@code …/history/v1/runs/{id}/events}, hands ids and data to the reader. */
    OkHttpTail(String events, String key, BiConsumer<String, String> reader) {
        this.events = events;
        this.key = key;
        this.reader = reader;
    }

    /** Begins to read; completes when the run has ended and all of it was read. */
    CompletableFuture<Void> read() {
        connect();
        return end;
    }

    private void connect() {
        Request request = new Request.Builder()
                .url(events)
                .header("X-API-Key", key)
                .header("Last-Event-ID", lastId)
                .build();
        sources.newEventSource(request, this);
    }

    private void connectSoon() {
        CompletableFuture.delayedExecutor(500, TimeUnit.MILLISECONDS).execute(this::connect);
    }

    @Override
    public void onEvent(EventSource source, String id, String type, String data) {
        if ("runtape.end".equals(type)) {
            end.complete(null);
        } else {
            lastId = id;
            reader.accept(id, data);
        }
    }

    @Override
    public void onClosed(EventSource source) {
        if (!end.isDone()) {
            connectSoon();
        }
    }

    @Override
    public void onFailure(EventSource source, Throwable failure, Response response) {
        if (end.isDone()) {
            return;
        }
        if (response != null && response.code() == 204) {
            // There is nothing more: only the announcement of the end was missed.
            end.complete(null);
        } else if (response != null && !response.isSuccessful()) {
            end.completeExceptionally(new IOException("HTTP " + response.code()));
        } else {
            connectSoon();
        }
    }
}
