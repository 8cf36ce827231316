package io.runtape.dialect.runtools;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.dialect.AllDialects;
import io.runtape.dialect.Failure;
import io.runtape.dialect.Outcome;
import io.runtape.dialect.Payload;
import io.runtape.dialect.RunDigest;
import io.runtape.dialect.Verdict;
import org.junit.jupiter.api.Test;

class RunToolsDigestTest {
    @Test
    void readsACompletionOfTheThreadVocabulary() {
        Outcome outcome = new Script()
                .with("run_started", "{'runId':'run_1','threadId':'thr_1'}")
                .with("assistant_message_delta", "{'delta':'Green.'}")
                .with("assistant_message", "{'content':'Green.'}")
                .with(
                        "run_completed",
                        "{'status':'completed','result':'All green.','usage':{'inputTokens':7},'iterations':4}")
                .outcome();

        assertEquals(Verdict.COMPLETED, outcome.verdict());
        assertEquals("All green.", outcome.result().asText());
        assertEquals(7, outcome.usage().inputTokens());
        assertEquals(4, outcome.iterations());
        assertNull(outcome.error());
    }

    @Test
    void readsACompletionOfTheRunVocabulary() {
        Outcome outcome = new Script()
                .with("thinking", "{'content':'I should list the files first.'}")
                .with("tool_call", "{'id':'tc_1','name':'bash','arguments':{'command':'ls -la'}}")
                .with("tool_result", "{'id':'tc_1','output':'total 8','exitCode':0}")
                .with("complete", "{'result':'One file 📄','usage':{'inputTokens':120,'outputTokens':34}}")
                .outcome();

        assertEquals(Verdict.COMPLETED, outcome.verdict());
        assertEquals("One file 📄", outcome.result().asText());
        assertEquals(34, outcome.usage().outputTokens());
    }

    @Test
    void takesTheOutputOfAnOlderCompletion() {
        Outcome outcome = new Script()
                .with("complete", "{'output':'Built.','files':['a.js'],'devUrl':'http://x'}")
                .outcome();

        assertEquals("Built.", outcome.result().asText());
    }

    @Test
    void answersWithTheLastMessageWhereTheCompletionHasNoText() {
        Outcome outcome = new Script()
                .with("assistant_message", "{'content':[{'type':'text','text':'First.'}]}")
                .with("assistant_message", "{'message':{'role':'assistant','content':'Second.'}}")
                .with("run_completed", "{'runId':'run_1','status':'completed'}")
                .outcome();

        assertEquals("Second.", outcome.result().asText());
    }

    @Test
    void leavesDeltasAlone() {
        Outcome outcome = new Script()
                .with("assistant_message_delta", "{'delta':'Let me '}")
                .with("run_completed", "{'runId':'run_1','status':'completed'}")
                .outcome();

        assertEquals(Verdict.COMPLETED, outcome.verdict());
        assertNull(outcome.result());
    }

    @Test
    void keepsAResultThatIsNoText() {
        Outcome outcome =
                new Script().with("run_completed", "{'result':{'score':[1,2]}}").outcome();

        assertEquals(json("{'score':[1,2]}"), outcome.result());
    }

    @Test
    void looksIntoPayloadAndData() {
        Outcome wrapped = new Script()
                .with(
                        "run_completed",
                        "{'sequence':9,'type':'run_completed','payload':{'result':'In.','iterations':2}}")
                .outcome();
        Outcome nested =
                new Script().with("complete", "{'data':{'output':'In.'}}").outcome();

        assertEquals("In.", wrapped.result().asText());
        assertEquals(2, wrapped.iterations());
        assertEquals("In.", nested.result().asText());
    }

    @Test
    void findsTheTypeInThePayloadOfAnUnnamedEvent() {
        Outcome outcome = new Script()
                .with("message", "{'sequence':1,'payload':{'type':'x'},'type':'run_completed','result':'Yes.'}")
                .with("message", "[DONE]")
                .outcome();

        assertEquals(Verdict.COMPLETED, outcome.verdict());
    }

    @Test
    void failsOnAnErrorThatIsTheEnd() {
        Outcome outcome = new Script()
                .with("tool_call", "{'name':'bash'}")
                .with("error", "{'message':'Out of credit.','code':'quota'}")
                .with("assistant_message_delta", "{'delta':'…'}")
                .outcome();

        assertEquals(Verdict.FAILED, outcome.verdict());
        assertEquals(new Failure("quota", "Out of credit."), outcome.error());
    }

    @Test
    void forgetsAnErrorThatTheAgentGotOver() {
        Script script = new Script()
                .with("error", "{'message':'Rate limited.','code':429}")
                .with("tool_call", "{'name':'bash'}");

        assertEquals(Outcome.UNKNOWN, script.outcome());
        assertEquals(Verdict.COMPLETED, script.with("complete", "{}").outcome().verdict());
    }

    @Test
    void letsALaterCompletionWin() {
        Outcome outcome = new Script()
                .with("error", "{'message':'Retrying.'}")
                .with("complete", "{'result':'Done.'}")
                .outcome();

        assertEquals(Verdict.COMPLETED, outcome.verdict());
        assertNull(outcome.error());
    }

    @Test
    void keepsTheErrorOfACompletionThatSaysFailed() {
        Outcome own = new Script()
                .with("run_completed", "{'status':'failed','error':{'code':'boom','message':'It broke.'}}")
                .outcome();
        Outcome earlier = new Script()
                .with("error", "It broke.")
                .with("run_completed", "{'status':'failed'}")
                .outcome();

        assertEquals(Verdict.FAILED, own.verdict());
        assertEquals(new Failure("boom", "It broke."), own.error());
        assertEquals(new Failure("upstream_error", "It broke."), earlier.error());
    }

    @Test
    void anEmptyErrorFailsNoRun() {
        for (String none : new String[] {"null", "false", "''", "' '"}) {
            Outcome streamed = new Script()
                    .with("run_completed", "{'result':'Done.','error':" + none + "}")
                    .outcome();
            Outcome whole = answer("{'data':{'status':'completed','result':'Done.','error':" + none + "}}");
            Outcome named = new Script()
                    .with("run_failed", "{'error':" + none + ",'message':'It broke.'}")
                    .outcome();

            assertEquals(Verdict.COMPLETED, streamed.verdict(), none);
            assertNull(streamed.error(), none);
            assertEquals(Verdict.COMPLETED, whole.verdict(), none);
            assertNull(whole.error(), none);
            assertEquals(new Failure("upstream_error", "It broke."), named.error(), none);
        }
    }

    @Test
    void keepsTheTextOfAnErrorThatNamesItsType() {
        Outcome outcome = new Script()
                .with("error", "{'type':'tool_error','message':'It broke.'}")
                .outcome();

        assertEquals(new Failure("upstream_error", "It broke."), outcome.error());
    }

    @Test
    void honoursACancelledRun() {
        assertEquals(
                Verdict.CANCELLED,
                new Script()
                        .with("run_completed", "{'status':'cancelled'}")
                        .outcome()
                        .verdict());
        assertEquals(
                Verdict.CANCELLED,
                new Script().with("run_cancelled", "{}").outcome().verdict());
    }

    @Test
    void knowsNothingOfOtherEvents() {
        Outcome outcome = new Script()
                .with("content_block_delta", "{'usage':{'output_tokens':3},'error':null}")
                .with("constructor", "{'status':'failed'}")
                .with("message", "{'error':{'message':'no type'}}")
                .with("run_completed_", "{}")
                .outcome();

        assertEquals(Outcome.UNKNOWN, outcome);
    }

    @Test
    void takesPlainTextForAnError() {
        Outcome outcome = new Script().with("error", "42 things\nwent wrong").outcome();

        assertEquals(new Failure("upstream_error", "42 things\nwent wrong"), outcome.error());
    }

    @Test
    void readsAJsonResponseInItsEnvelopeOrWithout() {
        Outcome enveloped = answer("{'data':{'runId':'r','status':'completed','result':'Green.','iterations':4,"
                + "'usage':{'inputTokens':1480,'outputTokens':322}}}");
        Outcome bare = answer("{'status':'completed','result':'Green.'}");

        assertEquals(Verdict.COMPLETED, enveloped.verdict());
        assertEquals("Green.", enveloped.result().asText());
        assertEquals(1480, enveloped.usage().inputTokens());
        assertEquals(4, enveloped.iterations());
        assertEquals("Green.", bare.result().asText());
    }

    @Test
    void honoursTheStatusOfAJsonResponse() {
        assertEquals(Verdict.FAILED, answer("{'data':{'status':'failed'}}").verdict());
        assertEquals(
                Verdict.CANCELLED, answer("{'data':{'status':'cancelled'}}").verdict());
        assertNull(answer("{'data':{'status':'dispatched'}}").verdict());
    }

    @Test
    void readsTheErrorOfAJsonResponse() {
        Outcome outcome = answer("{'error':{'code':'not_found','message':'No agent.','requestId':'req_1'}}");

        assertEquals(Verdict.FAILED, outcome.verdict());
        assertEquals(new Failure("not_found", "No agent."), outcome.error());
    }

    @Test
    void knowsNothingOfOtherResponses() {
        assertEquals(Outcome.UNKNOWN, answer("<html>"));
        assertEquals(Outcome.UNKNOWN, answer(""));
        assertEquals(Outcome.UNKNOWN, answer("[1]"));
    }

    private static Outcome answer(String body) {
        RunDigest digest =
                AllDialects.dialects().of("auto", "/v1/agents/coder/run").digest();
        byte[] bytes = body.replace('\'', '"').getBytes(UTF_8);
        digest.response(bytes, 0, bytes.length);
        return digest.outcome();
    }

    private static JsonNode json(String text) {
        return Payload.parsed(text.replace('\'', '"'));
    }
}
