package io.runtape.transcript;

import io.runtape.access.CallerAuthentication;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.sql.SQLException;
import org.jboss.resteasy.reactive.RestResponse;

/** What was said in runs and threads (contract, sections 3 and 7). */
@Path("/history/v1")
public final class TranscriptResource {

    private final CallerAuthentication callers;
    private final Transcripts transcripts;

    TranscriptResource(CallerAuthentication callers, Transcripts transcripts) {
        this.callers = callers;
        this.transcripts = transcripts;
    }

    /** The conversation of one run. */
    @GET
    @Path("/runs/{id}/transcript")
    @Produces(MediaType.APPLICATION_JSON)
    public RestResponse<Answer<RunTranscript>> ofRun(@PathParam("id") String id, @Context RoutingContext context)
            throws SQLException {
        return ok(transcripts.ofRun(callers.readerOf(context.request()), id));
    }

    /** The conversation of all runs of a thread. */
    @GET
    @Path("/threads/{id}/transcript")
    @Produces(MediaType.APPLICATION_JSON)
    public RestResponse<Answer<ThreadTranscript>> ofThread(@PathParam("id") String id, @Context RoutingContext context)
            throws SQLException {
        return ok(transcripts.ofThread(callers.readerOf(context.request()), id));
    }

    private static <T> RestResponse<Answer<T>> ok(T transcript) {
        return RestResponse.ResponseBuilder.ok(new Answer<>(transcript))
                .header(HttpHeaders.CACHE_CONTROL, "no-store")
                .build();
    }

    /**
     * The answer that holds a transcript.
     *
     * @param data the transcript
     */
    record Answer<T>(T data) {}
}
