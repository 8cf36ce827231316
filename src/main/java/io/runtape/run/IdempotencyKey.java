package io.runtape.run;

import java.time.Duration;

/**
 * What a caller names a call by, so that a repeat of it gets the run of the first one (contract, section 2).
 *
 * @param id the key itself, unique among its owner's: 1 to 255 visible ASCII characters
 * @param requestHash what a repeat must equal: SHA-256 of path and body, in hexadecimal
 * @param ttl how long the key is remembered from when the run begins, by the database's clock
 */
public record IdempotencyKey(String id, String requestHash, Duration ttl) {}
