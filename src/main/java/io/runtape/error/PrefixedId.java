package io.runtape.error;

import com.fasterxml.uuid.impl.TimeBasedEpochGenerator;
import java.security.SecureRandom;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Makes ids like {@code run_0199…}: a prefix that names the kind, and the 32 hexadecimal digits of a UUIDv7 (RFC 9562
 * section 5.7), so that ids sort by creation time. Safe for any thread.
 */
public final class PrefixedId {
    // Made on first use and not in a static initializer: a native image must not be built with a seeded generator in
    // it.
    private static volatile @Nullable TimeBasedEpochGenerator generator;

    private PrefixedId() {}

    /** A new id; {@code prefix} includes its underscore. */
    public static String next(String prefix) {
        UUID uuid = generator().generate();
        return prefix + hex(uuid.getMostSignificantBits()) + hex(uuid.getLeastSignificantBits());
    }

    private static TimeBasedEpochGenerator generator() {
        TimeBasedEpochGenerator made = generator;
        return made == null ? make() : made;
    }

    private static synchronized TimeBasedEpochGenerator make() {
        TimeBasedEpochGenerator made = generator;
        if (made == null) {
            made = new TimeBasedEpochGenerator(new SecureRandom());
            generator = made;
        }
        return made;
    }

    private static String hex(long bits) {
        String digits = Long.toHexString(bits);
        return "0".repeat(16 - digits.length()) + digits;
    }
}
