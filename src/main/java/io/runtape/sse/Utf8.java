package io.runtape.sse;

import java.nio.charset.StandardCharsets;

/**
 * UTF-8 as event streams are decoded: the WHATWG Encoding standard's decoder without its byte order mark handling (<a
 * href="https://encoding.spec.whatwg.org/#utf-8-decoder">section 8.1.1</a>). Each maximal subpart of a malformed sequence
 * becomes one U+FFFD.
 */
public final class Utf8 {
    private static final char REPLACEMENT = '\uFFFD';

    private Utf8() {}

    /** Decodes {@code [from, to)}. Never fails; a character that is cut by the end is malformed. */
    public static String decode(byte[] bytes, int from, int to) {
        String decoded = new String(bytes, from, to - from, StandardCharsets.UTF_8);
        // The JDK's decoder differs only in how many U+FFFD it makes of malformed bytes: of an encoded surrogate
        // (ED A0 80) one instead of three.
        return decoded.indexOf(REPLACEMENT) < 0 ? decoded : decodeMalformed(bytes, from, to);
    }

    private static String decodeMalformed(byte[] bytes, int from, int to) {
        StringBuilder decoded = new StringBuilder(to - from);
        int at = from;
        while (at < to) {
            int lead = bytes[at++] & 0xFF;
            int needed = continuationBytes(lead);
            if (needed == 0) {
                decoded.append(lead < 0x80 ? (char) lead : REPLACEMENT);
                continue;
            }
            int codePoint = lead & (0x3F >> needed);
            int lowest = lowestSecondByte(lead);
            int highest = highestSecondByte(lead);
            while (needed > 0 && at < to && (bytes[at] & 0xFF) >= lowest && (bytes[at] & 0xFF) <= highest) {
                codePoint = (codePoint << 6) | (bytes[at++] & 0x3F);
                needed--;
                lowest = 0x80;
                highest = 0xBF;
            }
            decoded.appendCodePoint(needed == 0 ? codePoint : REPLACEMENT);
        }
        return decoded.toString();
    }

    /** How many bytes must follow a lead byte; 0 for ASCII and for a byte that leads nothing. */
    private static int continuationBytes(int lead) {
        if (lead >= 0xC2 && lead <= 0xDF) {
            return 1;
        }
        if (lead >= 0xE0 && lead <= 0xEF) {
            return 2;
        }
        return lead >= 0xF0 && lead <= 0xF4 ? 3 : 0;
    }

    /** Past overlong forms. */
    private static int lowestSecondByte(int lead) {
        return switch (lead) {
            case 0xE0 -> 0xA0;
            case 0xF0 -> 0x90;
            default -> 0x80;
        };
    }

    /** Short of surrogates, and of what lies beyond U+10FFFF. */
    private static int highestSecondByte(int lead) {
        return switch (lead) {
            case 0xED -> 0x9F;
            case 0xF4 -> 0x8F;
            default -> 0xBF;
        };
    }
}
