package io.runtape.delivery;

import io.netty.channel.EventLoop;
import io.runtape.access.CallerAuthentication;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.server.fairness.ReadTurns;
import io.runtape.server.loop.EventLoops;
import io.runtape.store.BlockingWork;
import io.runtape.ticket.Ticket;
import io.runtape.ticket.Tickets;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.Objects;
import java.util.function.Function;
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
     * @param owner the owner of the request's credential, or of its ticket
     * @param work may block
     */
    record Lookup<T>(String owner, Supplier<T> work) {

        /** The same, with more work behind it. */
        <R> Lookup<R> then(Function<T, R> more) {
            return new Lookup<>(owner, () -> more.apply(work.get()));
        }
    }

    private final CallerAuthentication callers;
    private final Tickets tickets;
    private final RunSources sources;
    private final ReadTurns turns;

    StreamReaders(CallerAuthentication callers, Tickets tickets, RunSources sources, ReadTurns turns) {
        this.callers = callers;
        this.tickets = tickets;
        this.sources = sources;
        this.turns = turns;
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
     * The look-up of the run that a request may read; call it on the event loop of the request, on which it comes. It
     * fails with 404 for another owner's run. Any fault of a ticket is 401, which reveals nothing about its owner's runs.
     *
     * @throws ApiException 401 if the request brings neither
     */
    Uni<Lookup<RunSources.Found>> ofRun(RoutingContext context, @Nullable String ticketParameter, String id) {
        @Nullable Ticket ticket = brought(context, ticketParameter);
        if (ticket != null) {
            return used(ticket).map(opened -> new Lookup<>(opened.owner().id(), () -> ticketed(opened, id)));
        }
        Owner owner = callers.readerOf(context.request());
        return Uni.createFrom().item(new Lookup<>(owner.id(), () -> sources.run(owner, id)));
    }

    private RunSources.Found ticketed(Tickets.Opened opened, String id) {
        return sources.find(opened.owner(), id)
                .filter(found -> found.run().runPk.equals(opened.runPk()))
                .orElseThrow(StreamReaders::notGood);
    }

    /**
     * Tells whose thread a request may read; call it on the event loop of the request, on which that comes.
     *
     * @throws ApiException 401 if the request brings neither
     */
    Uni<Lookup<Owner>> ofThread(RoutingContext context, @Nullable String ticketParameter, String id) {
        @Nullable Ticket ticket = brought(context, ticketParameter);
        if (ticket == null) {
            return Uni.createFrom().item(of(callers.readerOf(context.request())));
        }
        return used(ticket).map(opened -> {
            if (!id.equals(opened.threadId())) {
                throw notGood();
            }
            return of(opened.owner());
        });
    }

    private static Lookup<Owner> of(Owner owner) {
        return new Lookup<>(owner.id(), () -> owner);
    }

    /** Only this takes a turn of all tickets: what follows may take long, and takes the owner's turns. */
    private Uni<Tickets.Opened> used(Ticket ticket) {
        EventLoop loop = EventLoops.current();
        return BlockingWork.on(read -> turns.take(TICKETS, loop, read), () -> use(ticket), loop);
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
