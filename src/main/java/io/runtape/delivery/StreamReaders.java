package io.runtape.delivery;

import io.runtape.access.CallerAuthentication;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.ticket.Ticket;
import io.runtape.ticket.Tickets;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Authorises readers of tails and replays: those with the credential of the runs, and those with a ticket for exactly that run or
 * thread. If the reader brings a ticket, only the ticket counts. Safe for any thread.
 */
@Singleton
final class StreamReaders {

    /** The owner in whose turns tickets are looked up, since only the look-up gives a ticket's owner. */
    private static final String TICKETS = "tickets";

    /**
     * A look-up, and the owner in whose turns it runs.
     *
     * @param owner the owner of the request's credential, or {@link #TICKETS}
     * @param work may block
     */
    record Lookup<T>(String owner, Supplier<T> work) {}

    private final CallerAuthentication callers;
    private final Tickets tickets;
    private final RunSources sources;

    StreamReaders(CallerAuthentication callers, Tickets tickets, RunSources sources) {
        this.callers = callers;
        this.tickets = tickets;
        this.sources = sources;
    }

    /**
     * The ticket that a reader brings instead of a credential: an empty one is a ticket as well, and not good.
     *
     * @param value the value of the parameter {@code ticket}
     * @return null without that parameter
     */
    private static @Nullable Ticket brought(RoutingContext context, @Nullable String value) {
        return context.queryParams().contains("ticket") ? Ticket.brought(Objects.requireNonNullElse(value, "")) : null;
    }

    /**
     * The look-up of the run that a request may read. It blocks, and fails with 404 for another owner's run. Any fault
     * of a ticket is 401, which reveals nothing about its owner's runs.
     *
     * @throws ApiException 401 if the request brings neither
     */
    Lookup<RunSources.Found> ofRun(RoutingContext context, @Nullable String ticketParameter, String id) {
        @Nullable Ticket ticket = brought(context, ticketParameter);
        if (ticket != null) {
            return new Lookup<>(TICKETS, () -> ticketed(ticket, id));
        }
        Owner owner = callers.readerOf(context.request());
        return new Lookup<>(owner.id(), () -> sources.run(owner, id));
    }

    private RunSources.Found ticketed(Ticket ticket, String id) {
        Tickets.Opened opened = use(ticket);
        return sources.find(opened.owner(), id)
                .filter(found -> found.run().runPk.equals(opened.runPk()))
                .orElseThrow(StreamReaders::notGood);
    }

    /**
     * Tells whose thread a request may read; it blocks where that takes a look at a ticket.
     *
     * @throws ApiException 401 if the request brings neither
     */
    Lookup<Owner> ofThread(RoutingContext context, @Nullable String ticketParameter, String id) {
        @Nullable Ticket ticket = brought(context, ticketParameter);
        if (ticket == null) {
            Owner owner = callers.readerOf(context.request());
            return new Lookup<>(owner.id(), () -> owner);
        }
        return new Lookup<>(TICKETS, () -> {
            Tickets.Opened opened = use(ticket);
            if (!id.equals(opened.threadId())) {
                throw notGood();
            }
            return opened.owner();
        });
    }

    private Tickets.Opened use(Ticket ticket) {
        try {
            return tickets.use(ticket).orElseThrow(StreamReaders::notGood);
        } catch (SQLException e) {
            throw new BrokenOffException("the ticket cannot be looked up: " + e.getMessage());
        }
    }

    private static ApiException notGood() {
        return ApiException.unauthorized(
                "The ticket is not good for these events, or its time is over. Ask for a new one"
                        + " with POST /history/v1/tickets.");
    }
}
