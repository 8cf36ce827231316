package io.runtape.run;

/**
 * How many frames are likely to have so many bytes, by those that were read before: frames of a run are alike. The database
 * visits the rows of all frames that it is asked for. Confined to one thread.
 */
final class LikelyFrames {

    private static final int MOST = 8192;

    private final int first;
    private long frames;
    private long bytes;

    /** @param first as long as nothing was read */
    LikelyFrames(int first) {
        this.first = first;
    }

    /** As many frames as are likely to have so many bytes, and a fourth more. */
    int with(long bytesWanted) {
        long likely = bytesWanted * frames / Math.max(1, bytes);
        return frames == 0 ? first : (int) Math.min(MOST, likely + likely / 4 + 1);
    }

    /** Notes what was read. */
    void read(long framesRead, long bytesRead) {
        frames += framesRead;
        bytes += bytesRead;
    }
}
