package io.runtape.server.body;

import io.runtape.server.memory.BudgetShare;

/**
 * A complete request body.
 *
 * @param bytes the body
 * @param share its share of the budget for bodies; the code that drops the bytes closes it
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record ReceivedBody(byte[] bytes, BudgetShare share) {}
