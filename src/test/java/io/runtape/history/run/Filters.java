package io.runtape.history.run;

import io.runtape.history.ListFilter;
import java.util.List;
import java.util.Optional;

/** Filters of lists of runs. */
final class Filters {

    private Filters() {}

    /** All runs of this range. */
    static RunFilter of(ListFilter range) {
        return new RunFilter(
                range,
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }
}
