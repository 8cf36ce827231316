package io.runtape.testsupport;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A signal to processes, as {@code kill} sends it. */
public enum Signal {
    /** Stops a process where it is. */
    STOP,
    /** Lets it go on. */
    CONT,
    /** PostgreSQL: an immediate stop. */
    QUIT;

    /** Sends it to these processes; to one that has ended it goes nowhere. */
    public void send(ProcessHandle... processes) throws IOException {
        if (processes.length == 0) {
            return;
        }
        List<String> command = new ArrayList<>(List.of("kill", "-" + name()));
        Arrays.stream(processes).forEach(process -> command.add(Long.toString(process.pid())));
        Shell.run(false, command);
    }
}
