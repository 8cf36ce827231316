package io.runtape.testsupport;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The packages that the JavaScript and TypeScript of tests use. */
public final class NodeModules {

    /** Where they are named, and installed. */
    public static final Path HOME = Path.of("src", "test", "node");

    private NodeModules() {}

    /**
     * Makes them known to the scripts below that directory; without them the test is skipped, or fails where continuous
     * integration runs it.
     *
     * @param wanted the one that the test needs, such as {@code eventsource}
     */
    public static void link(Path directory, String wanted) throws IOException {
        require(wanted);
        Path known = Files.createDirectories(directory).resolve("node_modules");
        try {
            Files.createSymbolicLink(known, HOME.resolve("node_modules").toAbsolutePath());
        } catch (FileAlreadyExistsException e) {
            // By an earlier test, or by one of another process.
            return;
        }
    }

    /** Skips the test where that package is not installed, or fails it where continuous integration runs it. */
    public static void require(String wanted) {
        if (!Files.isDirectory(HOME.resolve("node_modules").resolve(wanted))) {
            Tool.missing(wanted + " is not installed: npm ci --prefix " + HOME);
        }
    }
}
