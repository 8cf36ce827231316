package io.runtape.archive;

import io.runtape.access.Owner;
import io.runtape.run.AgentThread;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.Optional;

/** Looks up the threads of archived runs, each in a transaction of its own. Blocks; safe for any thread. */
@ApplicationScoped
@Transactional
class ArchiveThreads {

    Optional<AgentThread> of(Owner owner, String threadId) {
        return AgentThread.of(owner, threadId);
    }
}
