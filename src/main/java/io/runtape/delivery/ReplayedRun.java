package io.runtape.delivery;

/**
 * A run, and what a replay plays of it.
 *
 * @param found the run
 * @param part the frames
 */
record ReplayedRun(RunSources.Found found, ReplayPart part) {

    /** Whether the run is live, so that nothing behind it can be played yet. */
    boolean isLive() {
        return found.source().ending() == null;
    }
}
