package io.runtape.archive;

import io.runtape.sse.ContentDecoder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Compares the frames of a compressed response with what its frames of kind encoded decode to: the digest of a run is of the
 * latter alone, and readers get the former. Keeps the encoded bytes whose decoded form no frame has brought yet. Confined
 * to one thread at a time.
 */
final class DecodedFrames implements AutoCloseable {

    private final ContentDecoder decoder;
    private final RunRoom room;
    private final int waitingMax;
    private long waiting;
    /** What of the decoder's last step no frame has brought yet. */
    private int at;

    private int length;

    private DecodedFrames(ContentDecoder decoder, RunRoom room, int waitingMax) {
        this.decoder = decoder;
        this.room = room;
        this.waitingMax = waitingMax;
    }

    /**
     * For the response that has this head.
     *
     * @param head null if there is none
     * @param room gets how many encoded bytes are kept
     * @param waitingMax how many of them may be; no frame is so long
     * @return null if nothing decodes the response: then it has no other frames
     */
    static @Nullable DecodedFrames of(@Nullable ImportedHead head, RunRoom room, int waitingMax) {
        @Nullable ContentDecoder decoder = head == null ? null : ContentDecoder.of(head.contentEncoding());
        return decoder == null ? null : new DecodedFrames(decoder, room, waitingMax);
    }

    /** Takes the bytes of a frame of kind encoded, and keeps the array. */
    void encoded(byte[] bytes) {
        decoder.feed(bytes);
        if (decoder.waitingBytes() > waitingMax) {
            throw new DamagedRunException("the frames of kind encoded have more than " + waitingMax
                    + " bytes behind those that the other frames are decoded from");
        }
        count();
    }

    /** Takes the bytes of the next frame of another kind. */
    void decoded(byte[] bytes, long sequence) {
        int compared = 0;
        while (compared < bytes.length) {
            if (at == length && !decodeOn()) {
                throw differs(sequence);
            }
            int next = Math.min(length - at, bytes.length - compared);
            if (!Arrays.equals(decoder.decoded(), at, at + next, bytes, compared, compared + next)) {
                throw differs(sequence);
            }
            at += next;
            compared += next;
        }
        count();
    }

    private static DamagedRunException differs(long sequence) {
        return new DamagedRunException("frame " + sequence + " is not what the frames of kind encoded decode to");
    }

    private boolean decodeOn() {
        at = 0;
        length = 0;
        while (length == 0 && decoder.hasMore()) {
            length = decoder.next();
        }
        return length > 0;
    }

    private void count() {
        long now = decoder.waitingBytes();
        room.change(now - waiting);
        waiting = now;
    }

    /** The response came whole, and so did what it decodes to. */
    void requireAll() {
        if (at < length || decodeOn()) {
            throw new DamagedRunException("the frames of kind encoded decode to more than the other frames have");
        }
    }

    @Override
    public void close() {
        decoder.close();
        count();
    }
}
