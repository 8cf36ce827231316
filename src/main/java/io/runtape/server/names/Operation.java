package io.runtape.server.names;

import java.util.Set;

/**
 * What a caller may send with one method at one path, as the OpenAPI document has it.
 *
 * @param name how it is called in messages, such as {@code GET /history/v1/runs/{id}}
 * @param parameters the names of the query's parameters
 * @param repeatable those of them that may be there more than once
 * @param answers the media types of its responses
 * @param bodies the media types of bodies that it reads
 */
record Operation(
        String name, Set<String> parameters, Set<String> repeatable, Set<String> answers, Set<String> bodies) {}
