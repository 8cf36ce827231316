package io.runtape.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.runtape.sse.EventParser;
import io.runtape.sse.ServerSentEvent;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The gateway's own errors in a stream are such as each dialect has, and reads. */
class ErrorEventTest {

    private static final Failure FAILURE = new Failure("upstream_timeout", "It said \"no\".\nTwice.");

    static List<Dialect> dialects() {
        return AllDialects.list();
    }

    @ParameterizedTest
    @MethodSource("dialects")
    void isReadAsAFailureOfTheRun(Dialect dialect) {
        byte[] event = dialect.errorEvent(FAILURE);
        ServerSentEvent parsed = EventParser.parse(event, 0, event.length, false, "");
        RunDigest digest = dialect.digest();
        digest.event(parsed.event().equals("message") ? null : parsed.event(), event, 0, event.length, false);

        Outcome outcome = digest.outcome();
        assertEquals(Verdict.FAILED, outcome.verdict());
        assertEquals(FAILURE.message(), outcome.error().message());
        // The protocol of the AI SDK has no codes.
        String code = dialect.name().equals("aisdk") ? Failure.NO_CODE : FAILURE.code();
        assertEquals(code, outcome.error().code());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/responses | event: error\\ndata: {\"code\":\"c\",\"message\":\"m\",\"param\":null,\"type\":\"error\",\"sequence_number\":0,\"error\":{\"code\":\"c\",\"message\":\"m\",\"param\":null,\"type\":\"c\"}}\\n\\n",
                "/openai/v1/chat/completions | data: {\"error\":{\"message\":\"m\",\"type\":\"c\",\"param\":null,\"code\":\"c\"}}\\n\\n",
                "/v1/messages | event: error\\ndata: {\"type\":\"error\",\"error\":{\"type\":\"c\",\"message\":\"m\"}}\\n\\n",
                "/threads/t1/runs/stream | event: error\\ndata: {\"error\":\"c\",\"message\":\"m\"}\\n\\n",
                "/api/chat | data: {\"type\":\"error\",\"errorText\":\"m\"}\\n\\n",
                "/v1/run | event: error\\ndata: {\"code\":\"c\",\"message\":\"m\"}\\n\\n",
                "/v1/anything | event: error\\ndata: {\"code\":\"c\",\"message\":\"m\"}\\n\\n"
            })
    void isThatOfTheDialectThatAPathTells(String path, String event) {
        byte[] written = AllDialects.dialects().expected("auto", path).errorEvent(new Failure("c", "m"));

        assertEquals(event.replace("\\n", "\n"), new String(written, UTF_8));
    }

    @Test
    void readsTheFailureInTheBodyOfAnErrorResponse() {
        assertEquals(
                new Failure("rate_limit", "Slow down."),
                Failure.inBody("{\"error\":{\"type\":\"rate_limit\",\"message\":\"Slow down.\"}}"));
        assertEquals(new Failure(Failure.NO_CODE, "No."), Failure.inBody("{\"error\":\"No.\"}"));
        assertEquals(new Failure("x", "No."), Failure.inBody("{\"code\":\"x\",\"message\":\"No.\"}"));
        assertEquals(new Failure(Failure.NO_CODE, ""), Failure.inBody("<html>"));
        assertEquals(new Failure(Failure.NO_CODE, ""), Failure.inBody(""));
    }

    /** The shapes of errors of OpenAI's imitations, of frameworks, and of what stands in front of agent APIs. */
    static List<Arguments> bodies() {
        return List.of(
                // Gemini's endpoint for OpenAI's clients
                arguments(
                        "[{'error':{'code':400,'message':'No such model.','status':'INVALID_ARGUMENT'}}]",
                        new Failure("400", "No such model.")),
                // FastAPI
                arguments("{'detail':'Not authenticated'}", new Failure(Failure.NO_CODE, "Not authenticated")),
                arguments(
                        "{'detail':[{'type':'missing','loc':['body','a'],'msg':'Field required'},{'msg':'Too long'}]}",
                        new Failure(Failure.NO_CODE, "Field required\nToo long")),
                arguments("{'detail':{'code':7,'message':'No.'}}", new Failure(Failure.NO_CODE, "No.")),
                // Spring Boot
                arguments(
                        "{'timestamp':'t','status':500,'error':'Internal Server Error','message':'No API key'}",
                        new Failure(Failure.NO_CODE, "No API key")),
                // NestJS
                arguments(
                        "{'statusCode':400,'message':['a is no text','b is empty'],'error':'Bad Request'}",
                        new Failure(Failure.NO_CODE, "a is no text\nb is empty")),
                // RFC 6749, section 5.2
                arguments(
                        "{'error':'invalid_token','error_description':'It has expired.'}",
                        new Failure("invalid_token", "It has expired.")),
                arguments("{'error':'invalid_token'}", new Failure(Failure.NO_CODE, "invalid_token")),
                // RFC 9457
                arguments(
                        "{'type':'about:blank','title':'Not Found','status':404}",
                        new Failure(Failure.NO_CODE, "Not Found")),
                arguments(
                        "{'type':'https://x/credit','title':'No credit','detail':'It costs 50.'}",
                        new Failure("https://x/credit", "It costs 50.")),
                arguments(
                        "{'error':'The database timed out.','message':'Run failed'}",
                        new Failure(Failure.NO_CODE, "Run failed: The database timed out.")),
                arguments("{'error':null,'message':'No.'}", new Failure(Failure.NO_CODE, "No.")),
                arguments("{'error':true,'message':'No.'}", new Failure(Failure.NO_CODE, "No.")));
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void readsTheFailureInBodiesOfManyShapes(String written, Failure failure) {
        String body = written.replace('\'', '"');
        assertEquals(failure, Failure.inBody(body));

        byte[] bytes = body.getBytes(UTF_8);
        for (String path : List.of("/any", "/v1/run", "/v1/messages", "/v1/chat/completions")) {
            RunDigest digest = AllDialects.dialects().at(path).refusal();
            digest.response(bytes, 0, bytes.length);
            assertEquals(failure, digest.outcome().error(), path);
        }
    }

    /** What only RunTools' own reading finds: an error in an envelope, and codes and texts of other names. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"message":"Request failed","data":{"error":{"code":"quota","message":"Out of credit."}}} | quota | Out of credit.
            {"code":"rate_limited","data":{"error":"Too many runs"}} | rate_limited | Too many runs
            {"errorCode":"quota","error":"Out of credit."} | quota | Out of credit.
            {"error":{"code":"x","text":"Bad input"}} | x | Bad input
            {"message":"event delivered","payload":{"error":"The db timed out"}} | upstream_error | The db timed out""")
    void readsTheFailureInAnEnvelopeOfRunTools(String body, String code, String message) {
        RunDigest digest = AllDialects.dialects().at("/v1/run").refusal();
        byte[] bytes = body.getBytes(UTF_8);
        digest.response(bytes, 0, bytes.length);

        assertEquals(new Failure(code, message), digest.outcome().error());
    }

    /** A batch of JSON-RPC is no failure of the whole. */
    @Test
    void knowsNoErrorInAListOfSeveral() {
        String batch = "[{\"id\":1,\"error\":{\"code\":-32601,\"message\":\"no such tool\"}},{\"id\":2,\"result\":{}}]";
        RunDigest digest = AllDialects.dialects().at("/any").digest();
        byte[] bytes = batch.getBytes(UTF_8);
        digest.response(bytes, 0, bytes.length);

        assertNull(digest.outcome().error());
    }

    @Test
    void cutsALongErrorOfARefusedCall() {
        String error = "{\"error\":{\"message\":\"" + "x".repeat(2 << 20) + "\"}}";
        byte[] body = error.getBytes(UTF_8);
        byte[] event = ("event: error\ndata: " + error + "\n\n").getBytes(UTF_8);
        for (String path : List.of("/any", "/v1/run", "/v1/responses")) {
            RunDigest whole = AllDialects.dialects().at(path).refusal();
            whole.response(body, 0, body.length);
            RunDigest streamed = AllDialects.dialects().at(path).refusal();
            streamed.event("error", event, 0, event.length, false);
            for (RunDigest digest : List.of(whole, streamed)) {
                assertEquals(
                        RunDigest.KEPT_CHARS_MAX,
                        digest.outcome().error().message().length(),
                        path);
            }
        }
    }

    @Test
    void knowsNoErrorInABodyThatHasNone() {
        for (String body : List.of("{}", "[]", "[{}]", "<html>", "", "{\"data\":{\"status\":\"failed\"}}")) {
            byte[] bytes = body.getBytes(UTF_8);
            for (String path : List.of("/any", "/v1/run", "/v1/messages")) {
                RunDigest digest = AllDialects.dialects().at(path).refusal();
                digest.response(bytes, 0, bytes.length);
                assertNull(digest.outcome().error(), path + ": " + body);
            }
        }
    }

    /** An API that no dialect reads may fail at any time. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            message | {"error":{"code":503,"message":"overloaded"}}
            error   | {"code":"503","message":"overloaded"}
            message | {"type":"error","error":{"code":"503","message":"overloaded"}}""")
    void readsTheFailureOfAnUnknownApiHoweverLateItComes(String type, String data) {
        byte[] chunk = "data: {\"candidates\":[{\"error\":null}]}\n\n".getBytes(UTF_8);
        byte[] event = ("data: " + data + "\n\n").getBytes(UTF_8);
        RunDigest digest = AllDialects.dialects().at("/any").digest();
        for (int i = 0; i < 40; i++) {
            digest.event("message", chunk, 0, chunk.length, i == 0);
        }
        assertEquals(Outcome.UNKNOWN, digest.outcome());

        digest.event(type, event, 0, event.length, false);

        assertEquals(Verdict.FAILED, digest.outcome().verdict());
        assertEquals(new Failure("503", "overloaded"), digest.outcome().error());
    }

    @Test
    void readsTheFailureInErrorEventsOfTheSameShapes() {
        String event =
                "event: error\ndata: {\"status\":500,\"error\":\"Internal Server Error\",\"message\":\"No API key\"}\n\n";
        RunDigest digest = AllDialects.dialects().at("/any").digest();
        digest.event("error", event.getBytes(UTF_8), 0, event.length(), false);

        assertEquals(
                new Failure(Failure.NO_CODE, "No API key"), digest.outcome().error());
    }
}
