package io.runtape.store;

import io.runtape.error.ApiException;
import io.runtape.error.ApiExceptionMapper;
import io.runtape.error.ErrorCode;
import io.vertx.ext.web.RoutingContext;
import jakarta.persistence.PersistenceException;
import jakarta.ws.rs.core.Response;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/**
 * Tells an outage of the database, which gets 503 so that callers come back, from a refused statement, which is a fault
 * of the gateway, and from what is stored and cannot be read: coming back is of no use there.
 */
public final class StoreFailures {

    private static final Logger LOG = Logger.getLogger(StoreFailures.class);

    private final ApiExceptionMapper answers;

    StoreFailures(ApiExceptionMapper answers) {
        this.answers = answers;
    }

    /** A read or a deletion by JDBC. */
    @ServerExceptionMapper
    public Response ofSql(SQLException failure, RoutingContext context) {
        return answer(failure, context);
    }

    /** A query by Hibernate. */
    @ServerExceptionMapper
    public Response ofPersistence(PersistenceException failure, RoutingContext context) {
        return answer(failure, context);
    }

    /** Whether a failure of background work is one of the database that may pass: the same is worth another try. */
    public static boolean isOutage(RuntimeException failure) {
        SQLException fault = SqlFault.behind(failure);
        return fault == null
                ? failure instanceof ApiException api && api.code() == ErrorCode.STORE_UNAVAILABLE
                : SqlFault.mayPass(fault);
    }

    /** Whether a failure of a call is one of the database that may pass: the caller may come back. */
    public static boolean mayPass(Throwable failure) {
        SQLException fault = SqlFault.behind(failure);
        return fault != null && SqlFault.mayPass(fault) && !isOfTheMachine(failure);
    }

    /**
     * Whether a failure of work on one row, or on all that belongs to one run, stays with it, so that the same may succeed with others:
     * what is stored is damaged, or the gateway has a fault there.
     */
    public static boolean staysWithTheRow(Exception failure) {
        if (failure instanceof SQLException fault) {
            return SqlFault.isOfTheRow(fault);
        }
        return failure instanceof ApiException api
                ? api.code() == ErrorCode.INTERNAL_ERROR
                : failure instanceof RuntimeException other && !isOutage(other);
    }

    private Response answer(Exception failure, RoutingContext context) {
        return outage(failure)
                .map(outage -> answers.refused(outage, context))
                .orElseGet(() -> answers.unknown(failure, context));
    }

    /** The error for a caller whom the database kept from an answer, which goes to the log; empty if it was not that. */
    public static Optional<ApiException> outage(Throwable failure) {
        @Nullable SQLException sql = SqlFault.behind(failure);
        if (sql == null || !mayPass(failure)) {
            return Optional.empty();
        }
        boolean full = SqlFault.isOfAFullDisk(sql);
        LOG.warnf("%s: %s", full ? "the database has no room" : "the database does not answer", sql.getMessage());
        String message = full
                ? "The disk of the database has too little room for this. Try again later."
                : "The database does not answer. Try again later.";
        return Optional.of(ApiException.of(ErrorCode.STORE_UNAVAILABLE, message).retryAfter(Duration.ofSeconds(1)));
    }

    /**
     * A driver that runs out of memory throws an SQLException; the database is not away, and the log must show the
     * failure.
     */
    private static boolean isOfTheMachine(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof VirtualMachineError) {
                return true;
            }
        }
        return false;
    }
}
