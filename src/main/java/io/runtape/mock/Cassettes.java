package io.runtape.mock;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.runtape.access.Owner;
import io.runtape.archive.ArchiveImports;
import io.runtape.archive.ImportProblem;
import io.runtape.archive.ImportSummary;
import io.runtape.error.ApiException;
import io.runtape.history.run.Deletion;
import io.runtape.journal.Journal;
import io.runtape.store.StartupException;
import io.runtape.store.Store;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * Takes the cassettes of a folder at the start, in the place of those of the start before, and tells at the end which of
 * them no call has used. Their runs belong to an owner of their own, whom no credential makes.
 */
@ApplicationScoped
final class Cassettes {

    private static final Logger LOG = Logger.getLogger(Cassettes.class);
    private static final int NAMED_MAX = 20;

    /** How often it asks how many recordings are left to be indexed. */
    private static final Duration INDEXING_LOOK = Duration.ofMillis(200);

    /** How long it waits while none is. */
    private static final Duration INDEXING_PATIENCE = Duration.ofSeconds(30);

    private final MockConfig config;
    private final MockMode mode;
    private final ArchiveImports imports;
    private final Recordings recordings;
    private final Matches matches;
    private final Deletion deletion;
    private final Store store;

    /** How many recordings the start took. */
    private volatile long taken;

    Cassettes(
            MockConfig config,
            MockMode mode,
            ArchiveImports imports,
            Recordings recordings,
            Matches matches,
            Deletion deletion,
            Store store) {
        this.config = config;
        this.mode = mode;
        this.imports = imports;
        this.recordings = recordings;
        this.matches = matches;
        this.deletion = deletion;
        this.store = store;
    }

    /**
     * Once this gateway tells others that it is alive: taking many cassettes lasts longer than they wait for that.
     *
     * @throws StartupException if a cassette cannot be taken, which stops the start
     */
    void start(@Observes @Priority(Journal.STARTS_AT + 150) StartupEvent event) {
        config.cassettes().ifPresent(folder -> {
            try {
                List<Path> files = files(folder);
                forgetAll();
                taken = take(files);
                awaitIndexing();
                LOG.infof("%d recordings are taken from the cassettes in %s", taken, folder);
            } catch (IOException | SQLException e) {
                throw new StartupException(
                        "The cassettes in " + folder + " (RUNTAPE_CASSETTES) cannot be taken: " + e.getMessage());
            }
        });
    }

    private void forgetAll() throws SQLException {
        try (Connection connection = store.connect()) {
            for (Recordings.Candidate run : recordings.all(Owner.CASSETTES.id())) {
                deletion.ofEndedRun(connection, run.runPk());
            }
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(file -> file.getFileName().toString().endsWith(".ndjson"))
                    .sorted()
                    .toList();
        }
    }

    private long take(List<Path> files) throws IOException, SQLException {
        long recordings = 0;
        for (Path file : files) {
            recordings += takeOne(file);
        }
        return recordings;
    }

    /** A call finds few recordings that are not indexed: with more of them, it would be answered by a later one, or by none. */
    private void awaitIndexing() throws SQLException {
        long least = Long.MAX_VALUE;
        long since = System.nanoTime();
        long left;
        while ((left = recordings.unindexed(Owner.CASSETTES.id())) > Recordings.UNINDEXED_MAX) {
            if (left < least) {
                least = left;
                since = System.nanoTime();
            } else if (System.nanoTime() - since > INDEXING_PATIENCE.toNanos()) {
                LOG.warnf(
                        "%d recordings of the cassettes are not indexed yet: until then, calls may not find them",
                        left);
                return;
            }
            LockSupport.parkNanos(INDEXING_LOOK.toNanos());
        }
    }

    private long takeOne(Path file) throws IOException, SQLException {
        try (InputStream archive = Files.newInputStream(file)) {
            ImportSummary summary = imports.withoutPlaces(Owner.CASSETTES, archive);
            if (!summary.problems().isEmpty()) {
                ImportProblem first = summary.problems().get(0);
                boolean isConflict = first.kind().equals(ImportProblem.CONFLICT);
                throw new StartupException("The cassette " + file
                        + (isConflict ? " is in conflict with another one" : " is damaged") + ", at line "
                        + first.line() + ": " + first.reason());
            }
            if (!summary.complete()) {
                throw new StartupException("The cassette " + file
                        + " is damaged: its last line is missing, or counts other runs than there are");
            }
            return summary.imported();
        } catch (ApiException e) {
            throw new StartupException("The file " + file + " (RUNTAPE_CASSETTES) is no cassette: " + e.message());
        }
    }

    void stop(@Observes @Priority(Journal.STOPS_AT) ShutdownEvent event) {
        if (!mode.isReplay() || config.cassettes().isEmpty()) {
            return;
        }
        try {
            List<Recordings.Candidate> left = recordings.all(Owner.CASSETTES.id());
            List<String> unused = left.stream()
                    .filter(run -> !matches.isUsed(run.runPk()))
                    .map(Recordings.Candidate::id)
                    .toList();
            if (left.size() < taken) {
                LOG.warnf(
                        "%d of the %d recordings of the cassettes were deleted meanwhile: whether calls used them cannot be told",
                        taken - left.size(), taken);
            }
            if (unused.isEmpty() && left.size() >= taken) {
                LOG.info("every recording of the cassettes was used");
            } else if (!unused.isEmpty()) {
                LOG.warnf(
                        "recordings of the cassettes that no call has used (%d): %s%s",
                        unused.size(),
                        String.join(", ", unused.subList(0, Math.min(NAMED_MAX, unused.size()))),
                        unused.size() > NAMED_MAX ? ", …" : "");
            }
        } catch (SQLException e) {
            LOG.warnf("which cassettes were used cannot be told: %s", e.getMessage());
        }
    }
}
