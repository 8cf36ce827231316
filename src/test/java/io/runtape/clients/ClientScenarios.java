package io.runtape.clients;

import io.runtape.testsupport.NodeModules;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.Tool;
import java.util.ArrayList;
import java.util.List;

/**
 * Scenarios of a client in JavaScript, which are a file of {@code src/test/node/clients} and run by Node's own test runner,
 * side by side.
 */
abstract class ClientScenarios extends RunningGateway {

    final CaseAgent playing = new CaseAgent();
    final Scripted agent = upstream.on(playing);

    /** Runs the file. Fails with what the runner said where a scenario failed. */
    final void run(String file, String wanted, String... arguments) throws Exception {
        run(url(), upstream, agent, file, wanted, arguments);
    }

    /**
     * Runs the file in front of another gateway.
     *
     * @param gateway where it is
     * @param upstream the agent API behind it, and {@code agent} what plays the cases there
     * @param wanted the package that it needs
     */
    static void run(
            String gateway, ScriptedUpstream upstream, Scripted agent, String file, String wanted, String... arguments)
            throws Exception {
        Tool node = Tool.named("node");
        NodeModules.require(wanted);
        List<String> all = new ArrayList<>(List.of("clients/" + file, gateway, upstream.url(), agent.header()));
        all.addAll(List.of(arguments));
        node.run(NodeModules.HOME, all);
    }
}
