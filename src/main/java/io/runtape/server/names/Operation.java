package io.runtape.server.names;

import java.util.Set;

/**
 * What a caller may send with one method to one path, according to the OpenAPI document.
 *
 * @param name its name in messages, for example {@code GET /history/v1/runs/{id}}
 * @param parameters the names of the query's parameters
 * @param repeatable those of them that a query may repeat
 * @param answers the media types of its responses
 * @param bodies the media types of the bodies that it reads
 */
record Operation(String name, Set<String> parameters, Set<String> repeatable, Set<String> answers, Set<String> bodies) {

    /** Ends the name of a parameter in the document whose callers choose what stands there. */
    private static final String CHOSEN = ".KEY";

    /** Whether a query may have a parameter of this name. */
    boolean takes(String parameter) {
        return parameters.contains(parameter) || isChosen(parameter);
    }

    /** Whether callers choose a part of the name, and so what its value is about. */
    boolean isChosen(String parameter) {
        int dot = parameter.indexOf('.');
        return dot > 0 && dot < parameter.length() - 1 && parameters.contains(parameter.substring(0, dot) + CHOSEN);
    }
}
