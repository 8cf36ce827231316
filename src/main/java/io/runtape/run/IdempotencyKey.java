package io.runtape.run;

import java.time.Duration;

/**
 * The key that a caller gives a call, so that a repeat gets the run of the first call (docs/reference/http-api.md,
 * "Repeated calls").
 *
 * @param id the key itself, unique for its owner: 1 to 255 visible ASCII characters
 * @param requestHash what a repeat must equal: SHA-256 of path and body, in hexadecimal
 * @param ttl how long the key is remembered from the run's beginning, by the database's clock
 */
public record IdempotencyKey(String id, String requestHash, Duration ttl) {}
