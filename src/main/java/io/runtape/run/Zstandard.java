package io.runtape.run;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * Compresses and decompresses with zstd (RFC 8878). The library's contexts are used again: to make one, the library asks the
 * processor what it can do, which in a virtual machine takes longer than to decompress some kilobytes. Safe for any thread.
 */
final class Zstandard {

    /**
     * Contexts that wait for their next use; further ones are closed. One takes some hundred kilobytes outside the heap, or some
     * megabytes to compress.
     */
    private static final Queue<ZstdDecompressCtx> DECOMPRESSING = new ArrayBlockingQueue<>(8);

    private static final Queue<ZstdCompressCtx> COMPRESSING = new ArrayBlockingQueue<>(2);

    private Zstandard() {}

    /**
     * Decompresses one frame into all of an array.
     *
     * @throws ZstdException if it is damaged, or longer
     * @throws IllegalArgumentException if it is shorter
     */
    static byte[] decompressed(byte[] source, int from, int length) {
        ZstdDecompressCtx known = DECOMPRESSING.poll();
        ZstdDecompressCtx context = known == null ? new ZstdDecompressCtx() : known;
        boolean done = false;
        try {
            byte[] plain = new byte[length];
            int written = context.decompressByteArray(plain, 0, length, source, from, source.length - from);
            if (written != length) {
                throw new IllegalArgumentException("zstd made " + written + " bytes where " + length + " were told");
            }
            done = true;
            return plain;
        } finally {
            if (!done || !DECOMPRESSING.offer(context)) {
                context.close();
            }
        }
    }

    /**
     * Compresses the first bytes of an array into another one, from a place on; there must be room.
     *
     * @param checksum whether a damaged frame is to be refused
     * @return the number of bytes that were written
     */
    static int compress(byte[] source, int length, byte[] to, int at, int level, boolean checksum) {
        ZstdCompressCtx known = COMPRESSING.poll();
        ZstdCompressCtx context = known == null ? new ZstdCompressCtx() : known;
        boolean done = false;
        try {
            int written = context.setLevel(level)
                    .setChecksum(checksum)
                    .compressByteArray(to, at, to.length - at, source, 0, length);
            done = true;
            return written;
        } finally {
            if (!done || !COMPRESSING.offer(context)) {
                context.close();
            }
        }
    }
}
