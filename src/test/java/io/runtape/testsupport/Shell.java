package io.runtape.testsupport;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs the system's own commands. */
final class Shell {

    private Shell() {}

    /** Runs a command to its end; where it must succeed and does not, that is an {@link IOException} with what it printed. */
    static boolean run(boolean mustSucceed, List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status;
        try {
            status = process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted in " + command, e);
        }
        if (mustSucceed && status != 0) {
            throw new IOException(command + " ended with " + status + ": " + printed);
        }
        return status == 0;
    }
}
