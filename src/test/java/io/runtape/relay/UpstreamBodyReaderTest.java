package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.EventLoop;
import io.runtape.access.Owner;
import io.runtape.cancel.ForwardedCancels;
import io.runtape.cluster.RemoteReaders;
import io.runtape.dialect.AllDialects;
import io.runtape.error.PrefixedId;
import io.runtape.journal.EarlierRuns;
import io.runtape.journal.Journal;
import io.runtape.journal.RunJournal;
import io.runtape.run.RequestBody;
import io.runtape.run.RunStart;
import io.runtape.server.body.ReceivedBody;
import io.runtape.server.memory.MemoryBudgets;
import io.runtape.sse.FrameKind;
import io.runtape.testsupport.RunTable.FrameRow;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.upstream.AgentClient;
import io.runtape.upstream.AgentResponse;
import io.runtape.upstream.Upstreams;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import jakarta.inject.Inject;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;

/** What becomes of the pieces of a response's body, also where the gateway itself cannot record their frames. */
abstract class UpstreamBodyReaderTest extends RunningGateway {

    private static final int FRAME_BYTES_MAX = 1 << 20;

    @Inject
    Vertx vertx;

    @Inject
    Journal journal;

    @Inject
    AgentClient agent;

    @Inject
    RelayConfig config;

    @Inject
    Upstreams upstreams;

    @Inject
    ForwardedCancels cancels;

    @Inject
    RemoteReaders readersElsewhere;

    @Inject
    EarlierRuns earlierRuns;

    @Inject
    DialectWorker dialectWorker;

    @Inject
    MemoryBudgets memory;

    @Inject
    StoredHeaders storedHeaders;

    @Inject
    UsageMeter usageMeter;

    /** What comes of the response's body. */
    private interface Coming {
        void into(UpstreamBodyReader body, RunRelay relay, EventLoop loop);
    }

    /** The outcome of a run whose frames cannot be recorded, by what comes of its body. */
    private String outcome(Coming coming) throws Exception {
        return ended(Map.of("Content-Type", "text/event-stream"), false, coming).outcome();
    }

    /** A run that has ended, by the headers of its response, whether its frames can be recorded, and what comes of its body. */
    private RunRow ended(Map<String, String> headers, boolean recorded, Coming coming) throws Exception {
        EventLoop loop = vertx.nettyEventLoopGroup().next();
        RunStart start = new RunStart(
                PrefixedId.next("run_"),
                new Owner("faulty"),
                PrefixedId.next("thr_"),
                null,
                null,
                "/v1/run",
                "default",
                true,
                Instant.now(),
                null,
                "{}",
                "{}",
                null,
                RequestBody.stored("{}".getBytes(UTF_8)),
                null);
        RecordedCall call = new RecordedCall(
                AgentTarget.of(RequestTarget.of("/v1/run"), upstreams),
                null,
                List.of(),
                new ReceivedBody(new byte[0], memory.bodies().share()),
                new RuntapeHeaders(false, false, null, null, null, 0),
                RunRequest.of("{}".getBytes(UTF_8)),
                start,
                System.nanoTime());
        RunJournal run = journal.open(start, loop).await().atMost(ScriptedUpstream.PATIENCE);
        loop.submit(() -> {
                    ClientResponse client =
                            new ClientResponse(null, null, call.own(), null, AllDialects.dialects(), loop);
                    client.leave();
                    RunRelay relay = new RunRelay(
                            call,
                            run,
                            client,
                            loop,
                            agent,
                            config,
                            cancels,
                            readersElsewhere,
                            earlierRuns,
                            AllDialects.dialects(),
                            dialectWorker,
                            storedHeaders,
                            usageMeter);
                    OutcomeReader outcome = new OutcomeReader(
                            start.id(), AllDialects.dialects().of("auto", "/v1/run"), loop, dialectWorker);
                    UpstreamBodyReader body = new UpstreamBodyReader(
                            relay,
                            run,
                            new AgentResponse(200, List.copyOf(headers.entrySet()), null),
                            // Without a journal it fails at each frame.
                            new FrameRecorder(recorded ? run : null, outcome, System.nanoTime(), FRAME_BYTES_MAX),
                            outcome,
                            loop,
                            FRAME_BYTES_MAX,
                            new BodyPatience(call.upstream().idleTimeout(), Duration.ofSeconds(1), System::nanoTime));
                    body.onSubscribe(new Unread());
                    coming.into(body, relay, loop);
                })
                .get();
        return table().ended(start.id());
    }

    private static final class Unread implements Flow.Subscription {
        @Override
        public void request(long n) {
            assertTrue(n > 0);
        }

        @Override
        public void cancel() {
            // Nothing is there to be given up.
        }
    }

    private static Buffer bytes(String text) {
        return Buffer.buffer(text);
    }

    @Test
    void endsWhereItsLastFrameCannotBeRecorded() throws Exception {
        assertEquals("failed/gateway_lost", outcome((body, relay, loop) -> {
            body.onNext(bytes("data: unfini"));
            body.onComplete();
        }));
    }

    @Test
    void endsWhereItsLastFrameCannotBeRecordedAndItsConnectionBreaks() throws Exception {
        assertEquals("failed/gateway_lost", outcome((body, relay, loop) -> {
            body.onNext(bytes("data: unfini"));
            body.onError(new IOException("it broke"));
        }));
    }

    @Test
    void endsWhereNeitherAFrameNorTheLastOneCanBeRecorded() throws Exception {
        assertEquals("failed/gateway_lost", outcome((body, relay, loop) -> {
            body.onNext(bytes("data: 1"));
            body.onNext(bytes("\n\n"));
        }));
    }

    @Test
    void endsWhereItFallsSilentAndItsLastFrameCannotBeRecorded() throws Exception {
        assertEquals("failed/upstream_timeout", outcome((body, relay, loop) -> {
            body.onNext(bytes("data: unfini"));
            relay.silent();
        }));
    }

    @Test
    void makesOneFrameOfABodyOfKnownLengthThoughItsEndComesLater() throws Exception {
        Map<String, String> headers = Map.of("Content-Type", "application/json", "Content-Length", "2");
        RunRow run = ended(headers, true, (body, relay, loop) -> {
            body.onNext(bytes("{}"));
            loop.execute(body::onComplete);
        });

        assertEquals(
                List.of(FrameKind.RESPONSE),
                table().frames(run.id()).stream().map(FrameRow::kind).toList());
    }
}
