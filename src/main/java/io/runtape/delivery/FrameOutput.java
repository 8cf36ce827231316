package io.runtape.delivery;

import io.netty.buffer.Unpooled;
import io.runtape.run.FrameBlock;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.util.List;

/** A buffer of written bytes that goes out without another copy. Confined to one thread. */
final class FrameOutput extends ByteArrayOutputStream {

    /** The length of an id line, with an id of a run. */
    private static final int ID_LINE = 16;

    private FrameOutput(int size) {
        super(size);
    }

    /** An output with room for these frames and an id in each. */
    static FrameOutput of(List<FrameBlock> blocks) {
        int size = 0;
        for (FrameBlock block : blocks) {
            size += block.length() + block.count() * ID_LINE;
        }
        return new FrameOutput(size);
    }

    /** The written bytes; write nothing more afterwards. */
    Buffer whole() {
        return Buffer.buffer(Unpooled.wrappedBuffer(buf, 0, count));
    }
}
