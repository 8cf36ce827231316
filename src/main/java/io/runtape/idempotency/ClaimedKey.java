package io.runtape.idempotency;

import io.runtape.run.IdempotencyKey;

/**
 * An idempotency key that has a run.
 *
 * @param runPk the run's key; the run itself may have been deleted
 * @param requestHash see {@link IdempotencyKey#requestHash}
 */
public record ClaimedKey(long runPk, String requestHash) {

    /** Whether it still has its request: the key of a deleted run does not. */
    boolean hasRequest() {
        return !requestHash.equals(GoneKey.REQUEST_HASH);
    }
}
