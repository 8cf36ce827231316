package io.runtape.run;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;
import io.runtape.access.Owner;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.io.Serializable;
import java.time.Instant;
import java.util.Optional;
import org.hibernate.annotations.DynamicUpdate;
import org.jspecify.annotations.Nullable;

/**
 * A conversation of one owner (docs/reference/http-api.md, "Threads"). The journal makes the row and updates its
 * ordinal and its time of activity; callers change {@code title} and {@code archived}. So Hibernate writes only changed
 * columns.
 */
@Entity
@Table(name = "thread")
@IdClass(AgentThread.Key.class)
@DynamicUpdate
@SuppressWarnings("NullAway.Init")
public class AgentThread extends PanacheEntityBase {

    @Id
    public String owner;

    @Id
    public String id;

    public @Nullable String title;

    public @Nullable String agent;

    public boolean archived;

    @Column(name = "last_ordinal")
    public long lastOrdinal;

    @Column(name = "created_at")
    public Instant createdAt;

    @Column(name = "updated_at")
    public Instant updatedAt;

    /** The owner's thread with that id. */
    public static Optional<AgentThread> of(Owner owner, String id) {
        // PostgreSQL refuses U+0000 instead of not finding it.
        return id.indexOf('\0') >= 0 ? Optional.empty() : findByIdOptional(new Key(owner.id(), id));
    }

    /** A thread's id belongs to its owner: two owners may use the same id. */
    public record Key(String owner, String id) implements Serializable {}
}
