package io.runtape.upstream;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.InputStream;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Work on chosen event loops, which a test waits for. */
final class Loops {

    private static final int PATIENCE_SECONDS = 30;

    private Loops() {}

    /** What comes of work on a loop. */
    static <T> T in(Context context, Supplier<Future<T>> work) throws Exception {
        Promise<T> done = Promise.promise();
        context.runOnContext(v -> work.get().onComplete(done));
        return await(done.future());
    }

    static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** The body of a response of which the REST client has read nothing. */
    static InputStream nothingYet() {
        return new InputStream() {
            @Override
            public int read() {
                throw new IllegalStateException("nothing yet");
            }
        };
    }
}
