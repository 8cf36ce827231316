package io.runtape.store;

import java.io.File;
import java.sql.SQLException;

/**
 * The free disk space of an embedded database. If H2 runs out of it during a write, it closes the database while others
 * read it, and may leave a file that can never be opened again. So the gateway neither writes nor opens the database
 * when little space is left. Safe for any thread.
 */
final class DiskSpace {

    /** Several times what a commit may take, with what H2 rewrites to make room: no commit begins with less. */
    static final long TO_COMMIT = 64L << 20;

    /**
     * The space that opening the database may write: less than for a commit, so that readers go on while commits wait.
     */
    static final long TO_OPEN = 8L << 20;

    private static final String H2_FILE = "jdbc:h2:file:";

    /** PostgreSQL's SQLSTATE for a full disk; H2 has none. */
    private static final String DISK_FULL = "53100";

    private DiskSpace() {}

    /**
     * Checks that the disk has this much free space.
     *
     * @param jdbcUrl the address of the database; a server's database always passes
     * @throws SQLException with {@code 53100} if it has less
     */
    static void require(String jdbcUrl, long bytes) throws SQLException {
        if (!jdbcUrl.startsWith(H2_FILE)) {
            return;
        }
        int settings = jdbcUrl.indexOf(';');
        String file = jdbcUrl.substring(H2_FILE.length(), settings < 0 ? jdbcUrl.length() : settings);
        File directory = new File(file).getAbsoluteFile().getParentFile();
        while (!directory.exists() && directory.getParentFile() != null) {
            directory = directory.getParentFile();
        }
        if (directory.getUsableSpace() < bytes) {
            throw new SQLException("less than " + (bytes >> 20) + " MiB are free for the embedded database", DISK_FULL);
        }
    }
}
