package io.runtape.run;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;
import io.runtape.access.Owner;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.hibernate.annotations.Immutable;
import org.jspecify.annotations.Nullable;

/**
 * One recorded call (docs/reference/http-api.md, "Runs"), as the history reads it. Only the journal writes the row, in
 * the transactions of its frames; for Hibernate it is immutable.
 */
@Entity
@Table(name = "run")
@Immutable
@SuppressWarnings("NullAway.Init")
public class Run extends PanacheEntityBase {

    /** The key that frames refer to; never shown. */
    @Id
    @Column(name = "run_pk")
    public Long runPk;

    public String owner;

    public String id;

    @Column(name = "thread_id")
    public String threadId;

    /** 1 for the thread's first run; null until the response's head settles the thread. */
    @Column(name = "thread_ordinal")
    public @Nullable Long threadOrdinal;

    public @Nullable String agent;

    public String path;

    /** The name of the agent API that was called. */
    public String upstream;

    /** SHA-256 of the body's bytes, in hexadecimal digits; see {@link BodyDigest}. */
    public @Nullable String digest;

    /** A {@link RunStatus} by its label. */
    public String status;

    /** A {@link RunReason} by its label. */
    public @Nullable String reason;

    public boolean stream;

    /** Whether its response broke off. */
    public boolean cut;

    public @Nullable String prompt;

    /** A JSON object. */
    public String metadata;

    /** A JSON object. */
    public String config;

    @Column(name = "upstream_status")
    public @Nullable Integer upstreamStatus;

    @Column(name = "upstream_run_id")
    public @Nullable String upstreamRunId;

    /** The response's headers, a JSON list of name and value pairs. */
    @Column(name = "answer_headers")
    public @Nullable String responseHeaders;

    /** When the response's head came, in microseconds after the call; null if none came, and of old runs. */
    @Column(name = "head_us")
    public @Nullable Long headMicros;

    /** The model that it used, as the response names it, or as the call did. */
    public @Nullable String model;

    /** Why the model stopped, in the agent API's own word. */
    @Column(name = "finish_reason")
    public @Nullable String finishReason;

    /** The name of the dialect that its events were read in. */
    public @Nullable String dialect;

    /** Any JSON. */
    public @Nullable String result;

    /** A JSON object. */
    public @Nullable String usage;

    public @Nullable Long iterations;

    /** A JSON object. */
    public @Nullable String error;

    @Column(name = "event_count")
    public long eventCount;

    @Column(name = "frame_count")
    public long frameCount;

    @Column(name = "byte_count")
    public long byteCount;

    @Column(name = "last_sequence")
    public long lastSequence;

    @Column(name = "created_at")
    public Instant createdAt;

    @Column(name = "first_event_at")
    public @Nullable Instant firstEventAt;

    @Column(name = "completed_at")
    public @Nullable Instant completedAt;

    /** When retention deleted the frames and the request; see {@link KeptTranscripts}. */
    @Column(name = "frames_expired_at")
    public @Nullable Instant framesExpiredAt;

    /** Whether the run was live when the row was read. */
    public boolean running() {
        return RunStatus.RUNNING.label().equals(status);
    }

    /**
     * The owner's run with that id, Runtape's or the agent API's; the newest run if the agent API used the id twice.
     */
    public static Optional<Run> of(Owner owner, String id) {
        if (id.indexOf('\0') >= 0) {
            // PostgreSQL refuses U+0000 instead of not finding it.
            return Optional.empty();
        }
        Optional<Run> byId = find("owner = ?1 and id = ?2", owner.id(), id).firstResultOptional();
        return byId.isPresent()
                ? byId
                : find(
                                "owner = ?1 and upstreamRunId = ?2 order by createdAt desc, runPk desc",
                                owner.id(),
                                UpstreamRunId.kept(id))
                        .firstResultOptional();
    }

    /** The key of the run that {@link #of} finds. Nothing else of its row is read, which may be long, or damaged. */
    public static Optional<Long> keyOf(Owner owner, String id) {
        if (id.indexOf('\0') >= 0) {
            // PostgreSQL refuses U+0000 instead of not finding it.
            return Optional.empty();
        }
        Optional<Long> byId = key(owner, "e.id = :id", id);
        return byId.isPresent()
                ? byId
                : key(owner, "e.upstreamRunId = :id order by e.createdAt desc, e.runPk desc", UpstreamRunId.kept(id));
    }

    private static Optional<Long> key(Owner owner, String where, String id) {
        return getEntityManager()
                .createQuery("select e.runPk from Run e where e.owner = :owner and " + where, Long.class)
                .setParameter("owner", owner.id())
                .setParameter("id", id)
                .setMaxResults(1)
                .getResultStream()
                .findFirst();
    }

    /** How many bytes the frames of the thread's ended runs have. */
    public static long bytesInThread(Owner owner, String threadId) {
        return getEntityManager()
                .createQuery(
                        "select coalesce(sum(e.byteCount), 0) from Run e where e.owner = :owner and e.threadId = :thread",
                        Long.class)
                .setParameter("owner", owner.id())
                .setParameter("thread", threadId)
                .getSingleResult();
    }

    /** The thread's next run after that ordinal, if there is one. */
    public static Optional<Run> nextInThread(Owner owner, String threadId, long ordinal) {
        return find(
                        "owner = ?1 and threadId = ?2 and threadOrdinal > ?3 order by owner, threadId, threadOrdinal",
                        owner.id(),
                        threadId,
                        ordinal)
                .firstResultOptional();
    }

    /**
     * The position of the last frame of a thread that is deleted although its run is there; empty if no frame behind a
     * position is.
     *
     * @param after a {@link ThreadPosition}
     * @param upTo the position up to whose run it looks
     */
    public static Optional<Long> lastExpiredInThread(Owner owner, String threadId, long after, long upTo) {
        return Run.<Run>find(
                        "owner = ?1 and threadId = ?2 and threadOrdinal >= ?3 and threadOrdinal <= ?4"
                                + " and framesExpiredAt is not null and lastSequence > 0 order by owner desc, threadId desc, threadOrdinal desc",
                        owner.id(),
                        threadId,
                        ThreadPosition.ordinal(after),
                        ThreadPosition.ordinal(upTo))
                .firstResultOptional()
                .map(run -> ThreadPosition.base(Objects.requireNonNull(run.threadOrdinal)) + run.lastSequence)
                .filter(last -> last > after);
    }

    /** The run of the thread that was called last. */
    public static Optional<Run> newestInThread(Owner owner, String threadId) {
        return newest("owner = ?1 and threadId = ?2", owner.id(), threadId);
    }

    /** The live run of the thread that was called last. */
    public static Optional<Run> newestLiveInThread(Owner owner, String threadId) {
        return newest("owner = ?1 and threadId = ?2 and status = ?3", owner.id(), threadId, RunStatus.RUNNING.label());
    }

    private static Optional<Run> newest(String where, String... values) {
        // PostgreSQL refuses U+0000 instead of not finding it.
        return values[1].indexOf('\0') >= 0
                ? Optional.empty()
                : find(where + " order by createdAt desc, runPk desc", (Object[]) values)
                        .firstResultOptional();
    }
}
