package io.runtape.server.openapi;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The calls that an OpenAPI document has, by their operation ids. */
final class DocumentedCalls {

    private static final Set<String> METHODS =
            Set.of("get", "put", "post", "delete", "options", "head", "patch", "trace");

    /** By operation id; what a method and a path look like that are that call. */
    private final Map<String, Pattern> calls = new TreeMap<>();

    DocumentedCalls(JsonNode document) {
        for (Iterator<Entry<String, JsonNode>> paths = document.path("paths").fields(); paths.hasNext(); ) {
            Entry<String, JsonNode> path = paths.next();
            for (Iterator<Entry<String, JsonNode>> items = path.getValue().fields(); items.hasNext(); ) {
                Entry<String, JsonNode> item = items.next();
                if (METHODS.contains(item.getKey())) {
                    calls.put(
                            item.getValue().path("operationId").textValue(),
                            Pattern.compile("(?i:" + item.getKey() + ") "
                                    + path.getKey().replaceAll("\\{[^}]+}", "[^/]+")));
                }
            }
        }
    }

    /** All operation ids. */
    Set<String> all() {
        return calls.keySet();
    }

    /** The operation ids of these calls, each told as its method and its path. */
    Set<String> among(Collection<String> made) {
        Set<String> found = new TreeSet<>();
        for (String call : made) {
            List<String> named = calls.entrySet().stream()
                    .filter(known -> known.getValue().matcher(call).matches())
                    .map(Entry::getKey)
                    .toList();
            if (named.size() != 1) {
                throw new AssertionError(call + " is " + named + " in the document");
            }
            found.add(named.get(0));
        }
        return found;
    }
}
