package io.runtape.guide;

import io.runtape.testsupport.Tool;
import java.nio.file.Files;
import java.nio.file.Path;

/** The packages that the JavaScript of the guides uses. */
final class NodeModules {

    private static final Path HOME = Path.of("src", "test", "node");

    private NodeModules() {}

    /** Their directory; without them the test is skipped, or fails where continuous integration runs it. */
    static Path installed() {
        Path modules = HOME.resolve("node_modules").toAbsolutePath();
        return Files.isDirectory(modules.resolve("eventsource"))
                ? modules
                : Tool.missing("the packages are not installed: npm ci --prefix " + HOME);
    }
}
