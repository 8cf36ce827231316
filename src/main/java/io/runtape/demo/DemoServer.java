package io.runtape.demo;

import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.error.ErrorReply;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The part of RunTools' API that the demo agent serves, on the loopback interface alone. All of it runs on one event loop. */
final class DemoServer {
    // The gateway lets at most 16 MiB through by default; a demo needs no more.
    private static final long BODY_BYTES_MAX = 64L * 1024 * 1024;
    private static final int ROWS_MAX = 500;
    private static final int ROWS_DEFAULT = 50;
    // The apparent time of a run without a stream.
    private static final int ANSWER_MILLIS = 1_500;

    private final Vertx vertx;
    private final Clock clock;
    private final Pace pace;
    private final RecentRuns runs = new RecentRuns();
    private final HttpServer http;

    DemoServer(Vertx vertx, Clock clock, Pace pace) {
        this.vertx = vertx;
        this.clock = clock;
        this.pace = pace;
        this.http = vertx.createHttpServer().requestHandler(router());
    }

    /** Begins to listen at a free port of 127.0.0.1, which is the result. */
    Future<Integer> listen() {
        return http.listen(0, "127.0.0.1").map(HttpServer::actualPort);
    }

    Future<Void> close() {
        return http.close();
    }

    private Router router() {
        Router router = Router.router(vertx);
        router.post().handler(BodyHandler.create(false).setBodyLimit(BODY_BYTES_MAX));
        route(router.post("/v1/run"), this::run);
        route(router.post("/v1/agents/:agent/run"), this::run);
        route(router.get("/v1/run"), this::listRuns);
        route(
                router.get("/v1/run/:id"),
                context -> answer(context, found(context).details()));
        route(router.post("/v1/run/:id/cancel"), this::cancel);
        route(router.get("/v1/threads"), this::listThreads);
        router.route()
                .handler(context -> ErrorReply.write(
                        context,
                        ErrorCode.NOT_FOUND,
                        "The demo agent serves nothing at " + context.normalizedPath() + "."));
        router.route().failureHandler(this::failed);
        return router;
    }

    private static void route(Route route, Consumer<RoutingContext> action) {
        route.handler(action::accept);
    }

    private void failed(RoutingContext context) {
        if (context.failure() instanceof ApiException refusal) {
            ErrorReply.write(context, refusal);
        } else if (context.statusCode() == ErrorCode.BODY_TOO_LARGE.status()) {
            ErrorReply.write(context, ErrorCode.BODY_TOO_LARGE, "The body is too large.");
        } else {
            ErrorReply.write(context, ErrorCode.INTERNAL_ERROR, "The demo agent stumbled.");
        }
    }

    private void run(RoutingContext context) {
        Buffer body = Objects.requireNonNullElseGet(context.body().buffer(), Buffer::buffer);
        DemoRequest request = DemoRequest.of(body, context.pathParam("agent"));
        DemoRun run = new DemoRun(request, clock.instant());
        List<ScriptStep> beats = DemoScripts.of(run);
        runs.add(run);
        if (request.stream()) {
            new ScriptPlayer(vertx, clock, pace, run, beats, context.response()).start();
        } else {
            answerLater(context, run);
        }
    }

    private void answerLater(RoutingContext context, DemoRun run) {
        run.onCancel(() -> answerNow(context, run, DemoRun.CANCELLED));
        context.response().closeHandler(gone -> run.end(DemoRun.CANCELLED, clock.instant()));
        vertx.setTimer(Math.max(1, pace.millis(ANSWER_MILLIS)), due -> answerNow(context, run, run.plannedEnding()));
    }

    private void answerNow(RoutingContext context, DemoRun run, String ending) {
        if (run.status().equals(DemoRun.RUNNING)) {
            run.end(ending, clock.instant());
            context.response().putHeader("X-Run-ID", run.id()).putHeader("X-Thread-ID", run.threadId());
            answer(context, run.response());
        }
    }

    private void cancel(RoutingContext context) {
        DemoRun run = found(context);
        run.cancel();
        answer(context, new JsonObject().put("id", run.id()).put("status", run.status()));
    }

    private DemoRun found(RoutingContext context) {
        DemoRun run = runs.byId(context.pathParam("id"));
        if (run == null) {
            throw ApiException.notFound("run");
        }
        return run;
    }

    private void listRuns(RoutingContext context) {
        String agent = parameter(context, "agent");
        String status = parameter(context, "status");
        Stream<JsonObject> rows = runs.newestFirst().stream()
                .filter(run -> agent == null || agent.equals(run.agent()))
                .filter(run -> status == null || status.equals(run.status()))
                .map(DemoRun::row)
                .limit(limit(context));
        send(context, new JsonObject().put("data", new JsonArray(rows.toList())));
    }

    private void listThreads(RoutingContext context) {
        Map<String, JsonObject> threads = new LinkedHashMap<>();
        for (DemoRun run : runs.newestFirst()) {
            threads.computeIfAbsent(run.threadId(), id -> thread(run))
                    .put("createdAt", run.createdAt().toString())
                    .put("title", run.prompt());
        }
        int limit = limit(context);
        JsonArray page = new JsonArray(threads.values().stream().limit(limit).toList());
        send(
                context,
                new JsonObject()
                        .put("data", new JsonObject().put("threads", page))
                        .put("hasMore", threads.size() > limit)
                        .put("nextCursor", null));
    }

    private static JsonObject thread(DemoRun newest) {
        return new JsonObject()
                .put("id", newest.threadId())
                .put("agentId", DemoRun.uuid(newest.agent()))
                .put("executionMode", DemoRun.EXECUTION_MODE)
                .put("archived", false)
                .put("updatedAt", newest.createdAt().toString());
    }

    private static int limit(RoutingContext context) {
        String limit = Objects.requireNonNullElse(parameter(context, "limit"), String.valueOf(ROWS_DEFAULT));
        if (!limit.matches("[1-9][0-9]{0,2}") || Integer.parseInt(limit) > ROWS_MAX) {
            throw ApiException.invalid("The parameter limit must be a number from 1 to " + ROWS_MAX + ".");
        }
        return Integer.parseInt(limit);
    }

    private static @Nullable String parameter(RoutingContext context, String name) {
        List<String> values = context.queryParam(name);
        return values.isEmpty() ? null : values.get(0);
    }

    private static void answer(RoutingContext context, JsonObject data) {
        send(context, new JsonObject().put("data", data));
    }

    private static void send(RoutingContext context, JsonObject body) {
        context.response().putHeader("Content-Type", "application/json").end(body.encode());
    }
}
