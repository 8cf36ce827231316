package io.runtape.search;

import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;

/**
 * The words that a caller searches for.
 *
 * @param q as the caller wrote them
 */
public record SearchParameter(
        @RestQuery("q")
        @Parameter(
                description =
                        "Only those in which all these words occur: in the prompt, the result, the text, tool calls and"
                                + " their results, or errors. `\"a phrase\"`, `beginning*`, and `-` before what must not"
                                + " occur. Case and accents do not count.",
                example = "tests green")
        Optional<String> q) {

    /** The query; empty if the caller searches for nothing. */
    public Optional<SearchQuery> query() {
        return q.map(SearchQuery::of);
    }
}
