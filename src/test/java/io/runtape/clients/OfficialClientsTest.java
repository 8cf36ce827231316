package io.runtape.clients;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.DroppingLink;
import io.runtape.testsupport.NodeModules;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * The clients that the makers of agent APIs publish, as they are, in front of recorded cases: what each says of a call, and
 * what the history says of its run.
 */
abstract class OfficialClientsTest extends ClientScenarios {

    /**
     * A client in JavaScript.
     *
     * @param file its scenarios
     * @param wanted its package
     * @param apis how many APIs it has
     */
    private record Client(String file, String wanted, int apis) {}

    private static final List<Client> CLIENTS = List.of(
            new Client("openai.mjs", "openai", 2),
            new Client("anthropic.mjs", "@anthropic-ai/sdk", 1),
            new Client("langgraph.mjs", "@langchain/langgraph-sdk", 1),
            new Client("ai.mjs", "ai", 1),
            new Client("ag-ui.mjs", "@ag-ui/client", 1));

    /** How often connections of each API are cut, at least. */
    abstract int cuts();

    /** All at the same time: clients that come again wait most of theirs. */
    @Test
    void workAsWithoutGateway() throws Exception {
        for (Client client : CLIENTS) {
            NodeModules.require(client.wanted());
        }
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS.size());
        try {
            List<Executable> ends = new ArrayList<>();
            for (Client client : CLIENTS) {
                Future<?> running = threads.submit(() -> {
                    works(client);
                    return null;
                });
                ends.add(() -> awaitEnd(running));
            }
            assertAll(ends);
        } finally {
            threads.shutdownNow();
        }
    }

    private static void awaitEnd(Future<?> running) throws Throwable {
        try {
            running.get();
        } catch (ExecutionException e) {
            throw e.getCause();
        }
    }

    private void works(Client client) throws Exception {
        try (DroppingLink link = DroppingLink.atRandom(URI.create(url()).getPort(), 1, CaseAgent.LONG_BYTES * 6 / 5)) {
            run(client.file(), client.wanted(), link.url(), Integer.toString(cuts()));

            assertTrue(link.cuts() >= client.apis() * cuts(), "cut " + link.cuts() + " times");
        }
    }
}
