package io.runtape.sse;

/**
 * One event as a conformant parser dispatches it (WHATWG HTML section 9.2.6).
 *
 * @param event the type, "message" when the block names none
 * @param data the {@code data} lines joined with LF
 * @param lastEventId the last event ID string when it was dispatched, "" when there was none
 */
public record ServerSentEvent(String event, String data, String lastEventId) {}
