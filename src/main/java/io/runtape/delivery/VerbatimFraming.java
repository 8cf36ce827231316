package io.runtape.delivery;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.runtape.run.FrameBlock;
import io.vertx.core.buffer.Buffer;
import java.util.List;

/** The recorded bytes alone. Copies nothing: the output wraps the blocks' own arrays. */
final class VerbatimFraming implements StreamFormat {

    @Override
    public Rendered render(List<FrameBlock> blocks, long after) {
        ByteBuf[] slices = new ByteBuf[blocks.size()];
        for (int i = 0; i < slices.length; i++) {
            FrameBlock block = blocks.get(i);
            int from = i == 0 ? block.start((int) (after + 1 - block.first())) : 0;
            slices[i] = Unpooled.wrappedBuffer(block.bytes(), from, block.length() - from);
        }
        ByteBuf all = slices.length == 1 ? slices[0] : Unpooled.wrappedBuffer(slices.length, slices);
        return new Rendered(Buffer.buffer(all), blocks.get(slices.length - 1).last());
    }
}
