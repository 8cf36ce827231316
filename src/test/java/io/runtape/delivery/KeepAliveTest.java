package io.runtape.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.netty.channel.EventLoop;
import io.runtape.journal.Journal;
import io.runtape.journal.RunJournal;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.StoreLock;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import jakarta.inject.Inject;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;

/** A reader is kept awake while the database does not answer, and gets no more items than it asked for. */
abstract class KeepAliveTest extends RunningGateway {

    private static final String EVENT = "data: 1\n\n";
    private static final String KEEP_ALIVE = ": keep-alive\n\n";

    @Inject
    Vertx vertx;

    @Inject
    Journal journal;

    @Inject
    Delivery delivery;

    @Test
    void givesNoItemMoreThanWasAskedFor() throws Exception {
        CountDownLatch enough = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead().chunk(EVENT);
            enough.await();
            exchange.end();
        });
        try (WireResponse live = client().post("/v1/run", "{}", script.header())) {
            live.readUpTo(EVENT.length());
            RunTable.RunRow run = table().run(live.header("Runtape-Run-Id"));
            EventLoop loop = vertx.nettyEventLoopGroup().next();
            Asking reader = new Asking(loop);
            try (StoreLock lock = StoreLock.onFrames(store())) {
                RunJournal recorded = journal.live(run.pk()).orElseThrow();
                RunSource source =
                        RunSource.of(recorded, recorded.start().owner().id());
                loop.execute(() -> delivery.read(source, 0, new TailFraming(0), loop)
                        .subscribe()
                        .withSubscriber(reader));
                reader.ask();

                RunTable.await("it is kept awake", () -> reader.items.isEmpty() ? null : true);
                assertEquals(List.of(KEEP_ALIVE), reader.items);
            }
            // What the reader has waited for was read for the item that the comment has taken; this read waited behind
            // it.
            assertEquals(1, delivery.reader().block(run.pk(), 0, 1, 1).count());
            loop.submit(() -> assertEquals(List.of(KEEP_ALIVE), reader.items, "it did not ask"))
                    .get();
            reader.ask();

            RunTable.await("the event comes", () -> reader.items.size() > 1 ? true : null);
            assertFalse(reader.overwhelmed);
            assertEquals(List.of(KEEP_ALIVE, "data: 1\nid: 1\n\n"), reader.items);
            loop.submit(reader.subscription::cancel).get();
            enough.countDown();
            live.whole();
        }
    }

    /** Asks for one item at a time, as whoever writes to a socket does. */
    private static final class Asking implements Flow.Subscriber<Buffer> {

        private final List<String> items = new CopyOnWriteArrayList<>();
        private final EventLoop loop;
        private volatile Flow.Subscription subscription;
        private volatile boolean overwhelmed;
        private int asked;

        Asking(EventLoop loop) {
            this.loop = loop;
        }

        void ask() throws Exception {
            loop.submit(() -> {
                        asked++;
                        subscription.request(1);
                    })
                    .get();
        }

        @Override
        public void onSubscribe(Flow.Subscription begun) {
            subscription = begun;
        }

        @Override
        public void onNext(Buffer item) {
            items.add(item.toString(UTF_8));
            overwhelmed |= items.size() > asked;
        }

        @Override
        public void onError(Throwable failure) {
            items.add(failure.toString());
        }

        @Override
        public void onComplete() {
            items.add("complete");
        }
    }
}
