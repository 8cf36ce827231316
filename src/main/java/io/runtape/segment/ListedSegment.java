package io.runtape.segment;

/**
 * A segment as the list of its owner's segments has it. A crash of the database may undo what was committed last, and then the
 * key of a segment is given to another one: they differ in their runs.
 *
 * @param segmentPk its key
 * @param newest when its newest run began, in microseconds
 * @param oldest when its oldest run began, in microseconds
 * @param bytes how many bytes its list of runs takes
 */
record ListedSegment(long segmentPk, long newest, long oldest, int bytes) {

    /** About how many runs it has. */
    long runs() {
        return Segment.runs(bytes);
    }
}
