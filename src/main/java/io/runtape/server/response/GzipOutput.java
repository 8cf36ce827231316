package io.runtape.server.response;

import java.io.IOException;
import java.io.OutputStream;

/** Passes on the written bytes in gzip, or unchanged if they are too few to be worth it. Confined to one thread. */
final class GzipOutput extends OutputStream {

    /** Long enough that a piece compresses well by itself. */
    private static final int PIECE_BYTES = 64 << 10;

    private final OutputStream to;
    private final Runnable coded;
    private final byte[] piece = new byte[PIECE_BYTES];
    private final GzipPieces gzip = new GzipPieces();
    private int filled;
    private boolean begun;

    /** @param coded runs before the first bytes if they are sent in gzip */
    GzipOutput(OutputStream to, Runnable coded) {
        this.to = to;
        this.coded = coded;
    }

    @Override
    public void write(int b) throws IOException {
        piece[filled++] = (byte) b;
        sendIfFull();
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
        for (int done = 0; done < count; ) {
            int some = Math.min(count - done, PIECE_BYTES - filled);
            System.arraycopy(bytes, from + done, piece, filled, some);
            filled += some;
            done += some;
            sendIfFull();
        }
    }

    private void sendIfFull() throws IOException {
        if (filled == PIECE_BYTES) {
            send();
        }
    }

    private void send() throws IOException {
        if (!begun) {
            begun = true;
            coded.run();
        }
        to.write(gzip.piece(piece, 0, filled));
        filled = 0;
    }

    @Override
    public void close() throws IOException {
        if (!begun && filled < GzipPieces.WORTH_BYTES) {
            to.write(piece, 0, filled);
        } else {
            if (filled > 0) {
                send();
            }
            to.write(gzip.end());
        }
        to.close();
    }
}
