package io.runtape.relay;

import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Map;

/**
 * Hands the headers of the agent API's response to the client. If the gateway itself has set the CORS headers, it
 * leaves out the agent API's: a browser refuses two of them.
 */
public final class ResponseHeaders {

    private static final String ABOUT_ORIGINS = "Access-Control-";

    private ResponseHeaders() {}

    public static void pass(List<Map.Entry<String, String>> headers, MultiMap to) {
        boolean settled = to.contains("Access-Control-Allow-Origin");
        for (Map.Entry<String, String> header : headers) {
            if (!settled || !isAboutOrigins(header.getKey())) {
                to.add(header.getKey(), header.getValue());
            }
        }
    }

    private static boolean isAboutOrigins(String name) {
        return name.regionMatches(true, 0, ABOUT_ORIGINS, 0, ABOUT_ORIGINS.length());
    }
}
