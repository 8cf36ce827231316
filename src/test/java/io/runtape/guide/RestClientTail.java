package io.runtape.guide;

import io.smallrye.mutiny.Multi;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import org.jboss.resteasy.reactive.client.SseEvent;

/** Reads the events of a run, each once, whatever happens to the connection. */
final class RestClientTail {

    /** The gateway as a MicroProfile REST Client. */
    @Path("/history/v1/runs/{run}/events")
    interface RunEvents {
        @GET
        @Produces(MediaType.SERVER_SENT_EVENTS)
        Multi<SseEvent<String>> after(
                @PathParam("run") String run,
                @HeaderParam("X-API-Key") String key,
                @HeaderParam("Last-Event-ID") String lastId);
    }

    private final RunEvents gateway;
    private final Duration silenceMax;
    private volatile String lastId = "0";

    /**
     * Asks again after so long a silence as well: this client never says that a connection was closed in the midst of a
     * response. Half a minute will do; for a run that is just quiet it costs one more call.
     */
    RestClientTail(RunEvents gateway, Duration silenceMax) {
        this.gateway = gateway;
        this.silenceMax = silenceMax;
    }

    /** The events; they complete when the run has ended and all of it was read. */
    Multi<SseEvent<String>> read(String run, String key) {
        return Multi.createFrom()
                .deferred(() -> gateway.after(run, key, lastId))
                .ifNoItem()
                .after(silenceMax)
                .fail()
                // Behind that: an event that comes at the moment of the failure is not passed on.
                .invoke(event -> lastId = event.id())
                .onFailure(failure -> !(failure instanceof WebApplicationException))
                .retry()
                .withBackOff(Duration.ofMillis(100), Duration.ofSeconds(1))
                .indefinitely()
                .select()
                .first(event -> !"runtape.end".equals(event.name()))
                // A browser would not dispatch frames without data; this client does.
                .filter(event -> !event.data().isEmpty());
    }
}
