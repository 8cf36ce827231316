package io.runtape.run;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Identifies a state of a run's row: differs from all its other states, and from those of all other runs. */
public final class RunVersion {

    private RunVersion() {}

    /** A digest of all that the row holds: hexadecimal digits. */
    public static String of(Run run) {
        Sha256 digest = new Sha256();
        for (Object value : values(run)) {
            if (value == null) {
                digest.add(0);
            } else {
                byte[] text = value.toString().getBytes(StandardCharsets.UTF_8);
                digest.add(1)
                        .add(ByteBuffer.allocate(Integer.BYTES)
                                .putInt(text.length)
                                .array())
                        .add(text);
            }
        }
        return digest.hex();
    }

    private static List<@Nullable Object> values(Run run) {
        return Arrays.asList(
                run.runPk,
                run.owner,
                run.id,
                run.threadId,
                run.threadOrdinal,
                run.agent,
                run.path,
                run.upstream,
                run.status,
                run.reason,
                run.stream,
                run.cut,
                run.prompt,
                run.metadata,
                run.config,
                run.upstreamStatus,
                run.upstreamRunId,
                run.responseHeaders,
                run.headMicros,
                run.model,
                run.finishReason,
                run.dialect,
                run.result,
                run.usage,
                run.iterations,
                run.error,
                run.eventCount,
                run.frameCount,
                run.byteCount,
                run.lastSequence,
                run.createdAt,
                run.firstEventAt,
                run.completedAt,
                run.digest,
                run.framesExpiredAt);
    }
}
