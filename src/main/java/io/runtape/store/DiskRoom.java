package io.runtape.store;

import java.io.File;
import java.sql.SQLException;

/**
 * The room on the disk of an embedded database. H2 that runs out of it in the midst of a write closes the database under all that
 * read it, and may leave a file that can never be opened again. So nothing is written, nor opened, where there is little
 * left. Safe for any thread.
 */
final class DiskRoom {

    /** What a commit may take several times over, with what H2 writes again to make room: no commit begins with less. */
    static final long TO_COMMIT = 64L << 20;

    /** What opening the database may write. Less than a commit needs, so that readers go on while commits wait. */
    static final long TO_OPEN = 8L << 20;

    private static final String H2_FILE = "jdbc:h2:file:";

    /** PostgreSQL's state for a full disk, which H2 has no name for. */
    private static final String DISK_FULL = "53100";

    private DiskRoom() {}

    /**
     * Checks that there is so much.
     *
     * @param jdbcUrl of the database; one that is a server's has all the room there is
     * @throws SQLException with {@code 53100}
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
