package io.runtape.run;

/**
 * How many frames are likely to have so many bytes, by those that were read before: frames of a run are mostly alike, and
 * those that were read last tell the most. The database visits the rows of all frames that it is asked for. Confined to one thread.
 */
final class LikelyFrames {

    private static final int MOST = 8192;

    /** How many times as many as it knows of: a few short frames tell little of those behind them. */
    private static final int GROWTH_MAX = 4;

    private final int first;
    private long frames;
    private long bytes;

    /** @param first as long as nothing was read */
    LikelyFrames(int first) {
        this.first = first;
    }

    /** As many frames as are likely to have so many bytes, and a fourth more. */
    int with(long bytesWanted) {
        if (frames == 0) {
            return first;
        }
        long likely = bytesWanted * frames / Math.max(1, bytes);
        return (int) Math.min(Math.min(MOST, GROWTH_MAX * frames), likely + likely / 4 + 1);
    }

    /** Notes what was read. What was read before counts half as much as it did. */
    void read(long framesRead, long bytesRead) {
        frames = frames / 2 + framesRead;
        bytes = bytes / 2 + bytesRead;
    }
}
