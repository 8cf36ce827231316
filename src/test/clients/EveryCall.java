import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.ApiResponse;
import org.openapitools.client.api.AgentApiApi;
import org.openapitools.client.api.RunsApi;
import org.openapitools.client.api.ThreadsApi;
import org.openapitools.client.api.TicketsApi;
import org.openapitools.client.model.DataEnvelopeDeleted;
import org.openapitools.client.model.Error;
import org.openapitools.client.model.ErrorCode;
import org.openapitools.client.model.Event;
import org.openapitools.client.model.Message;
import org.openapitools.client.model.Run;
import org.openapitools.client.model.RunDiff;
import org.openapitools.client.model.TextOperation;
import org.openapitools.client.model.TextPart;
import org.openapitools.client.model.ThreadChange;
import org.openapitools.client.model.TicketRequest;
import org.openapitools.client.model.ToolCallDiff;
import org.openapitools.client.model.ToolCallPart;
import org.openapitools.client.model.ToolResultPart;

/** Makes every call of the OpenAPI document with the client that openapi-generator makes of it, and looks at each answer. */
public final class EveryCall {

    private static final String THREAD = "from-java";

    private final List<String> answered = new ArrayList<>();
    private final AgentApiApi agents;
    private final RunsApi runs;
    private final ThreadsApi threads;
    private final TicketsApi tickets;

    private EveryCall(String gateway, String key) {
        ApiClient client = new ApiClient();
        client.updateBaseUri(gateway);
        client.setRequestInterceptor(request -> request.header("X-API-Key", key));
        client.setResponseInterceptor(response -> {
            String path = response.request().uri().getPath();
            if (path.startsWith("/history/")) {
                check(response.headers().firstValue("X-Request-ID").isPresent(), path + " is answered without its id");
            }
            if (response.statusCode() / 100 == 2) {
                answered.add(response.request().method() + " " + path);
            }
        });
        agents = new AgentApiApi(client);
        runs = new RunsApi(client);
        threads = new ThreadsApi(client);
        tickets = new TicketsApi(client);
    }

    /**
     * Makes the calls.
     *
     * @param gateway its origin
     * @param key the credential
     * @param live a run of that caller that goes on until it is cancelled
     * @return method and path of each call that was answered well
     */
    public static List<String> make(String gateway, String key, String live) throws ApiException, IOException {
        EveryCall calls = new EveryCall(gateway, key);
        calls.makeAll(live);
        return calls.answered;
    }

    private void makeAll(String live) throws ApiException, IOException {
        Map<String, Object> asked = Map.of("agent", "tester", "prompt", "Run the tests.", "threadId", THREAD);
        ApiResponse<File> streamed = agents.runWithHttpInfo(asked, null, null, null, null, "key-1", null, null, null, null);
        String stream = read(streamed.getData());
        check(stream.contains("event: run_completed"), stream);
        String id = streamed.getHeaders().get("runtape-run-id").get(0);

        String whole = read(agents.run(Map.of("prompt", "Hi", "stream", false), "continue", null, null, THREAD, null, null, null, null, null));
        Map<?, ?> answer = new ObjectMapper().readValue(whole, Map.class);
        same("Hello.", ((Map<?, ?>) answer.get("data")).get("result"));

        String named = read(agents.runNamedAgent("reviewer", Map.of("prompt", "Look."), null, "true", null, THREAD, null, null, null, null, null));
        check(named.contains("id: 1\n"), named);

        readRuns(id, stream);
        readThread(stream);
        same(0L, runs.importRuns("{\"line\":\"archive\",\"format\":\"runtape\",\"version\":1}\n").getData().getImported());
        cancel(live);

        String ofRun = tickets.createTicket(new TicketRequest().runId(id)).getData().getTicket();
        String ofThread = tickets.createTicket(new TicketRequest().threadId(THREAD)).getData().getTicket();
        check(!ofRun.equals(ofThread), ofRun);

        deleteAll(id);
    }

    /** The run is still told as running where it has not ended within five seconds. */
    private void cancel(String live) throws ApiException {
        Run.StatusEnum status = Run.StatusEnum.RUNNING;
        for (int asked = 0; status == Run.StatusEnum.RUNNING && asked < 6; asked++) {
            status = runs.cancelRun(live).getData().getStatus();
        }
        same(Run.StatusEnum.CANCELLED, status);
    }

    private DataEnvelopeDeleted deleted(Boolean dryRun, Long expect) throws ApiException {
        return runs.deleteRuns(
                List.of("reviewer"), null, null, null, dryRun, null, expect, null, null, null, null, null, THREAD, null, null,
                null, null, null);
    }

    private void readRuns(String id, String stream) throws ApiException, IOException {
        List<Run> newest = runs.listRuns(
                        null, null, "-1h", null, null, null, 10, null, null, null, null, null, THREAD, null, null, null, null,
                        List.of("completed"), null, "desc", null, "createdAt")
                .getData();
        same(List.of("reviewer", "tester"), newest.stream().map(Run::getAgent).filter(Objects::nonNull).toList());

        check(runs.getStats(null, null, null, null, null, "-1h", null, null, List.of("completed"), List.of("agent", "day"))
                        .getData() != null, "no sums");

        Run run = runs.getRun(id, null).getData();
        same(Run.StatusEnum.COMPLETED, run.getStatus());
        same("Green.", run.getResult());
        String tag = runs.getRunWithHttpInfo(id, null).getHeaders().get("etag").get(0);
        try {
            runs.getRun(id, tag);
            throw new AssertionError("A known run is sent again.");
        } catch (ApiException notModified) {
            same(304, notModified.getCode());
        }
        check(run.getCreatedAt().isBefore(OffsetDateTime.now().plusDays(1)), run.getCreatedAt());

        List<Event> events = runs.getRunEvents(
                        id, null, null, null, null, 0L, null, "raw", 50, "asc", List.of("tool_call", "tool_result"), List.of("event"))
                .getData();
        same(List.of("tool_call", "tool_result"), events.stream().map(Event::getType).toList());
        check(events.get(0).getRaw().length == events.get(0).getBytes(), events.get(0));
        same("shell", ((Map<?, ?>) events.get(0).getPayload()).get("name"));

        same("Run the tests.", ((Map<?, ?>) runs.getRunRequest(id)).get("prompt"));
        check(read(runs.getRunCassette(id)).contains("\"line\":\"end\""), id);
        same(stream, read(runs.replayRun(id, null, null, null, null, "max", null, null, null)));
        checkTranscript(runs.getRunTranscript(id, 1L, null, null).getData().getMessages());
        checkDiff(runs.diffRuns(id, id, null).getData());
    }

    private static void checkDiff(RunDiff diff) {
        same(true, diff.getEqual());
        same(TextOperation.KindEnum.EQUAL, diff.getText().getOperations().get(0).getKind());
        ToolCallDiff call = diff.getToolCalls().getPairs().get(0);
        same(ToolCallDiff.ChangeEnum.SAME, call.getChange());
        same("make", ((Map<?, ?>) call.getFirst().getArguments()).get("cmd"));
        same(0, call.getSecond().getResult().getExitCode());
    }

    private static void checkTranscript(List<Message> messages) {
        same(Message.RoleEnum.USER, messages.get(0).getRole());
        same("Run the tests.", ((TextPart) messages.get(0).getParts().get(0).getActualInstance()).getText());
        List<Object> parts =
                messages.get(1).getParts().stream().map(part -> part.getActualInstance()).toList();
        same("make", ((Map<?, ?>) ((ToolCallPart) parts.get(0)).getInput()).get("cmd"));
        same(0, ((ToolResultPart) parts.get(1)).getExitCode());
        same("Green.", ((TextPart) parts.get(2)).getText());
    }

    private void readThread(String stream) throws ApiException, IOException {
        same(THREAD, threads.listThreads(null, null, false, null, 10, null, null, null, null).getData().get(0).getId());
        same(3L, threads.getThread(THREAD, null).getData().getRunCount());
        same(3, threads.listThreadRuns(THREAD, null, 10).getData().size());
        long first = threads.getThreadEvents(THREAD, null, null, null, null, null, null, null, null, null, null)
                .getData()
                .get(0)
                .getSequence();
        same((1L << 32) + 1, first);
        String replayed = read(threads.replayThread(THREAD, null, null, true, null, "PT0S", "max", null, null, null));
        check(replayed.length() > stream.length() && replayed.contains("event: run_completed"), replayed);
        checkTranscript(threads.getThreadTranscript(THREAD, null, null).getData().getMessages());
        same("Tests", threads.changeThread(THREAD, new ThreadChange().title("Tests")).getData().getTitle());
        same("Run the tests.", threads.changeThread(THREAD, new ThreadChange().title(null)).getData().getTitle());
    }

    private void deleteAll(String id) throws ApiException, IOException {
        runs.deleteRun(id);
        try {
            runs.getRun(id, null);
            throw new AssertionError("A deleted run is still there.");
        } catch (ApiException gone) {
            Error error = new ObjectMapper().readValue(gone.getResponseBody(), Error.class);
            same(ErrorCode.NOT_FOUND, error.getError().getCode());
        }
        same(1L, deleted(true, null).getData().getCount());
        same(1L, deleted(null, 1L).getData().getCount());
        same(0L, threads.deleteThreads(List.of("nobody"), null, null, true, null, null, null, null).getData().getCount());
        threads.deleteThread(THREAD);
    }

    private static String read(File file) throws IOException {
        String text = Files.readString(file.toPath());
        Files.delete(file.toPath());
        return text;
    }

    private static void same(Object expected, Object actual) {
        check(expected.equals(actual), "not " + expected + " but " + actual);
    }

    private static void check(boolean holds, Object otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
