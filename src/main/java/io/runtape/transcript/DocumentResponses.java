package io.runtape.transcript;

import io.runtape.server.response.TextResponse;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import org.jboss.resteasy.reactive.RestResponse;

/** The heads of responses that are documents to read. */
public final class DocumentResponses {

    private DocumentResponses() {}

    /** Makes it a page, with which a browser may do nothing but show it. */
    public static RestResponse<TextResponse> html(RestResponse<TextResponse> response, HtmlStyle style) {
        response.getHeaders().putSingle("Content-Security-Policy", style.policy());
        response.getHeaders().putSingle("Referrer-Policy", "no-referrer");
        return text(response, MediaType.TEXT_HTML);
    }

    /** Makes it a text of this media type. A browser must not guess what it is. */
    static RestResponse<TextResponse> text(RestResponse<TextResponse> response, String mediaType) {
        response.getHeaders().putSingle("X-Content-Type-Options", "nosniff");
        response.getHeaders().putSingle(HttpHeaders.CONTENT_TYPE, mediaType + ";charset=UTF-8");
        return response;
    }
}
