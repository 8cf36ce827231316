package io.runtape.clients;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.DroppingLink;
import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The clients that the makers of agent APIs publish, as they are, in front of recorded cases: what each says of a call, and
 * what the history says of its run.
 */
abstract class OfficialClientsTest extends ClientScenarios {

    /** How often connections of each API are cut, at least. */
    private static final int CUTS = 200;

    @ParameterizedTest
    @CsvSource({
        "openai.mjs,openai,2",
        "anthropic.mjs,@anthropic-ai/sdk,1",
        "langgraph.mjs,@langchain/langgraph-sdk,1",
        "ai.mjs,ai,1",
        "ag-ui.mjs,@ag-ui/client,1"
    })
    void worksAsWithoutGateway(String file, String wanted, int apis) throws Exception {
        try (DroppingLink link = DroppingLink.atRandom(URI.create(url()).getPort(), 1, CaseAgent.LONG_BYTES * 6 / 5)) {
            run(file, wanted, link.url(), Integer.toString(CUTS));

            assertTrue(link.cuts() >= apis * CUTS, "cut " + link.cuts() + " times");
        }
    }
}
