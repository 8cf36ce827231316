package io.runtape.stats;

import io.runtape.run.RunStatus;

/** The statuses of runs that have ended, which alone are summed up. */
enum EndedStatus {
    COMPLETED(RunStatus.COMPLETED),
    FAILED(RunStatus.FAILED),
    CANCELLED(RunStatus.CANCELLED);

    private final RunStatus status;

    EndedStatus(RunStatus status) {
        this.status = status;
    }

    /** The name in JSON and in the sums. */
    String label() {
        return status.label();
    }
}
