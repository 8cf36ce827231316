package io.runtape.stats;

/** What runs are told apart by, besides their status and their time. */
enum Label {
    UPSTREAM,
    PATH,
    AGENT,
    MODEL,

    /** A tool that a run called. A run counts once for each. */
    TOOL
}
