package io.runtape.upstream;

import io.runtape.server.connection.RawTarget;
import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Selects the headers that pass. Hop-by-hop headers (RFC 9110, section 7.6.1), those that {@code Connection} names, and
 * {@code Host}, which names the next hop, do not pass; all others do, repeated ones too.
 */
public final class ForwardedHeaders {

    private static final Set<String> HOP_BY_HOP = Set.of(
            "connection",
            "keep-alive",
            "proxy-connection",
            "proxy-authenticate",
            "proxy-authorization",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    private ForwardedHeaders() {}

    /** The end-to-end headers of a request, without {@code Host}, {@code Expect} and those in {@code without}. */
    public static List<Map.Entry<String, String>> ofRequest(MultiMap headers, Set<String> without) {
        List<Map.Entry<String, String>> passing = endToEnd(headers);
        passing.removeIf(h -> {
            String name = lower(h.getKey());
            return name.equals("host")
                    || name.equals("expect")
                    || name.equals(RawTarget.HEADER)
                    || without.contains(name);
        });
        joinCookies(passing);
        return passing;
    }

    /** HTTP/2 may cut a Cookie into pieces, which must be joined for HTTP/1 (RFC 9113, section 8.2.3). */
    private static void joinCookies(List<Map.Entry<String, String>> headers) {
        List<Map.Entry<String, String>> cookies = headers.stream()
                .filter(h -> h.getKey().equalsIgnoreCase("cookie"))
                .toList();
        if (cookies.size() > 1) {
            headers.removeAll(cookies);
            String joined = cookies.stream().map(Map.Entry::getValue).collect(Collectors.joining("; "));
            headers.add(Map.entry(cookies.get(0).getKey(), joined));
        }
    }

    /** Whether a header of this name is of one connection, and never passes. */
    public static boolean isHopByHop(String name) {
        return HOP_BY_HOP.contains(lower(name));
    }

    /** The end-to-end headers of a response. */
    public static List<Map.Entry<String, String>> ofResponse(MultiMap headers) {
        return endToEnd(headers);
    }

    private static List<Map.Entry<String, String>> endToEnd(MultiMap headers) {
        Set<String> named = namedByConnection(headers);
        List<Map.Entry<String, String>> passing = new ArrayList<>();
        for (Map.Entry<String, String> header : headers) {
            String name = lower(header.getKey());
            if (!HOP_BY_HOP.contains(name) && !named.contains(name)) {
                passing.add(Map.entry(header.getKey(), header.getValue()));
            }
        }
        return passing;
    }

    private static Set<String> namedByConnection(MultiMap headers) {
        List<String> values = headers.getAll("connection");
        if (values.isEmpty()) {
            return Set.of();
        }
        Set<String> names = new HashSet<>();
        for (String value : values) {
            for (String name : value.split(",", -1)) {
                names.add(lower(name.strip()));
            }
        }
        return names;
    }

    private static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }
}
