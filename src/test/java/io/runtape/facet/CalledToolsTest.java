package io.runtape.facet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.runtape.dialect.Part;
import io.runtape.dialect.Role;
import io.runtape.indexing.EndedRun;
import io.runtape.run.Run;
import io.runtape.transcript.PlacedPart;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which tools a run called. */
class CalledToolsTest {

    private static PlacedPart call(boolean asked, String id, String name) {
        return new PlacedPart(asked, Role.ASSISTANT, new Part.ToolCall(id, name, null), 1, 0);
    }

    private static Set<String> tools(PlacedPart... parts) {
        return CalledTools.of(new EndedRun(new Run(), null, List.of(parts)));
    }

    @Test
    void namesEachOnce() {
        assertEquals(
                Set.of("look", "write"),
                tools(call(false, "1", "look"), call(false, "2", "write"), call(false, "3", "look")));
        assertEquals(Set.of(), tools(call(true, "1", "look"), call(false, "2", "")));
    }

    /** The run that makes the call names the tool again. */
    @Test
    void leavesOutWhatWaitsForAPersonsWord() {
        assertEquals(Set.of(), tools(call(false, "mcpr_1", "ask_wiki")));
        assertEquals(Set.of("ask_wiki"), tools(call(false, "mcp_1", "ask_wiki")));
    }
}
