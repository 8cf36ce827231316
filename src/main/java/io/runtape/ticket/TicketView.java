package io.runtape.ticket;

import java.time.Instant;

/**
 * A new ticket, as its caller gets it once.
 *
 * @param ticket the value of the parameter {@code ticket}
 * @param expiresAt the time by which the ticket must first be used
 */
record TicketView(String ticket, Instant expiresAt) {}
