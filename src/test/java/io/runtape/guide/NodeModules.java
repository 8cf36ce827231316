package io.runtape.guide;

import io.runtape.testsupport.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The packages that the JavaScript of the guides uses. */
final class NodeModules {

    private static final Path HOME = Path.of("src", "test", "node");

    private NodeModules() {}

    /**
     * Makes them known to the scripts below that directory; without them the test is skipped, or fails where continuous
     * integration runs it.
     */
    static void link(Path directory) throws IOException {
        Path modules = HOME.resolve("node_modules").toAbsolutePath();
        if (!Files.isDirectory(modules.resolve("eventsource"))) {
            Tool.missing("the packages are not installed: npm ci --prefix " + HOME);
        }
        Path known = Files.createDirectories(directory).resolve("node_modules");
        if (!Files.exists(known)) {
            Files.createSymbolicLink(known, modules);
        }
    }
}
