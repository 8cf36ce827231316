package io.runtape.upstream;

import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.POST;
import java.io.InputStream;
import org.eclipse.microprofile.rest.client.annotation.RegisterProvider;
import org.eclipse.microprofile.rest.client.inject.RegisterRestClient;
import org.jboss.resteasy.reactive.RestResponse;

/**
 * The agent API. The result comes with the head of the response, whatever its status; its entity is an
 * {@link AgentStream}. The client's own support for event streams is of no use here: it loses messages if a chunk cuts
 * their blank line, and drops comments, ids and unfinished tails.
 */
@RegisterRestClient(configKey = "upstream", baseUri = "http://upstream.invalid")
@RegisterProvider(AgentCallFilter.class)
@RegisterProvider(AgentStreamFilter.class)
@RegisterProvider(AgentCallWriter.class)
@RegisterProvider(AgentConnections.class)
interface AgentApi {

    /** Posts the call to its own address, with its own headers and no others. */
    @POST
    Uni<RestResponse<InputStream>> post(AgentCall call);
}
