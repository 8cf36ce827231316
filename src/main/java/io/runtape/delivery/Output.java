package io.runtape.delivery;

import io.netty.buffer.Unpooled;
import io.runtape.run.FrameBlock;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.util.List;

/** Bytes that are written one after the other and then go out as they are, without another copy. Confined to one thread. */
final class Output extends ByteArrayOutputStream {

    /** What an id line takes, with an id of a run. */
    private static final int ID_LINE = 16;

    private Output(int size) {
        super(size);
    }

    /** With room for these frames and an id in each. */
    static Output of(List<FrameBlock> blocks) {
        int size = 0;
        for (FrameBlock block : blocks) {
            size += block.length() + block.count() * ID_LINE;
        }
        return new Output(size);
    }

    /** What was written; nothing more may be. */
    Buffer whole() {
        return Buffer.buffer(Unpooled.wrappedBuffer(buf, 0, count));
    }
}
