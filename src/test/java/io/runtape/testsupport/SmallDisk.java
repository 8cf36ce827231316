package io.runtape.testsupport;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;

/** A disk that has little room for a server's table of frames, or for an embedded database, for real: what is written past it fails. */
public final class SmallDisk implements AutoCloseable {

    /** What keeps the room small. */
    public enum Way {
        /** A small file system, which only root may mount, and not in most containers: "no space left on device". */
        FILE_SYSTEM,
        /** The system's limit on the length of each file of the server: "file too large". */
        FILE_LENGTH
    }

    /** No smaller: a segment of the write-ahead log is a file of this length. */
    public static final long BYTES = 16 << 20;

    /** A table that has partitions tells only future ones where to be. */
    private static final String MOVE_PARTITIONS = """
            do $$
            declare partition regclass;
            begin
                for partition in select inhrelid from pg_inherits where inhparent = 'block'::regclass loop
                    execute format('alter table %s set tablespace small', partition);
                end loop;
            end $$""";

    private final Way way;
    private final OwnPostgres postgres;
    private final Path mount;

    private SmallDisk(Way way, OwnPostgres postgres) throws IOException {
        this.way = way;
        this.postgres = postgres;
        this.mount = Files.createTempDirectory("runtape-small-disk-");
    }

    /** The ways that this system permits: one at least. */
    public static List<Way> ways() throws IOException {
        Path probe = Files.createTempDirectory("runtape-mount-");
        boolean mountable = Shell.run(false, mount(probe, "size=1m"));
        if (mountable) {
            Shell.run(true, List.of("umount", probe.toString()));
        }
        Files.delete(probe);
        return mountable ? List.of(Way.values()) : List.of(Way.FILE_LENGTH);
    }

    /** Leaves the server {@link #BYTES} for its frames, whose table must be there and empty. */
    public static SmallDisk under(OwnPostgres postgres, Way way) throws IOException, SQLException {
        SmallDisk disk = new SmallDisk(way, postgres);
        switch (way) {
            case FILE_SYSTEM -> {
                Shell.run(true, mount(disk.mount, "size=" + BYTES));
                Path tablespace = Files.createDirectory(disk.mount.resolve("tablespace"));
                postgres.execute("create tablespace small location '" + tablespace + "'");
                postgres.execute("set default_tablespace = small; alter table block set tablespace small");
                postgres.execute(MOVE_PARTITIONS);
            }
            case FILE_LENGTH -> disk.limit(Long.toString(BYTES));
        }
        return disk;
    }

    /** A small file system of its own, for an embedded database; only where {@link #ways} says that one can be mounted. */
    public static SmallDisk ofBytes(long bytes) throws IOException {
        SmallDisk disk = new SmallDisk(Way.FILE_SYSTEM, null);
        Shell.run(true, mount(disk.mount, "size=" + bytes));
        return disk;
    }

    /** Where it is mounted. */
    public Path path() {
        return mount;
    }

    private static List<String> mount(Path at, String options) {
        return List.of("mount", "-t", "tmpfs", "-o", options, "tmpfs", at.toString());
    }

    /** Only the soft limit, which may be raised again. */
    private void limit(String bytes) throws IOException {
        for (ProcessHandle process : postgres.processes()) {
            try {
                Shell.run(true, List.of("prlimit", "--pid", Long.toString(process.pid()), "--fsize=" + bytes + ":"));
            } catch (IOException e) {
                // One that has ended meanwhile needs none, and one that begins has that of the first.
                if (process.isAlive()) {
                    throw e;
                }
            }
        }
    }

    /** Fills it until only so many bytes are free, or makes as much room as that again. */
    public void leave(long bytes) throws IOException {
        Path filling = mount.resolve("filling");
        Files.deleteIfExists(filling);
        byte[] piece = new byte[1 << 20];
        try (OutputStream out = Files.newOutputStream(filling)) {
            while (Files.getFileStore(mount).getUsableSpace() > bytes) {
                out.write(piece);
            }
        }
    }

    /** Makes room. */
    public void grow() throws IOException {
        switch (way) {
            case FILE_SYSTEM -> Shell.run(true, List.of("mount", "-o", "remount,size=1g", mount.toString()));
            case FILE_LENGTH -> limit("unlimited");
        }
    }

    /** Takes it away, whether or not the server still runs. */
    @Override
    public void close() throws IOException {
        if (way == Way.FILE_SYSTEM) {
            Shell.run(true, List.of("umount", "--lazy", mount.toString()));
        }
        Files.delete(mount);
    }
}
