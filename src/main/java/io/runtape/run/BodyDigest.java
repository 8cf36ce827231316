package io.runtape.run;

import io.runtape.sse.FrameKind;

/**
 * SHA-256 of the bytes of a run's body, as they came over the wire: those of all frames or, of a compressed body, of the
 * frames of kind encoded. Confined to one thread at a time.
 */
public final class BodyDigest {

    private final Sha256 sha256 = new Sha256();
    private boolean begun;
    private boolean encoded;

    /** Adds the bytes of the frames that follow. */
    public void add(FrameBlock frames) {
        begin(frames.kind(0));
        if (!encoded) {
            sha256.add(frames.bytes(), 0, frames.length());
            return;
        }
        for (int i = 0; i < frames.count(); i++) {
            add(frames.frame(i));
        }
    }

    /** Adds the bytes of the frame that follows. */
    public void add(ArrivedFrame frame) {
        begin(frame.kind());
        if (!encoded || frame.kind() == FrameKind.ENCODED) {
            sha256.add(frame.source(), frame.from(), frame.length());
        }
    }

    private void begin(FrameKind first) {
        if (!begun) {
            begun = true;
            encoded = first == FrameKind.ENCODED;
        }
    }

    /** The digest of all that was added, in hexadecimal digits. Nothing can be added after it. */
    public String hex() {
        return sha256.hex();
    }
}
