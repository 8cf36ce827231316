package io.runtape.server.names;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;

/** The encoding of bytes in a URI (RFC 3986, section 2.1). */
final class PercentEncoding {

    private PercentEncoding() {}

    /**
     * Checks that a part of a target stands for text.
     *
     * @param encoded one character a byte
     * @throws CharacterCodingException if a percent sign does not begin an octet, or the octets are not UTF-8
     */
    static void requireUtf8(String encoded) throws CharacterCodingException {
        ByteArrayOutputStream octets = new ByteArrayOutputStream(encoded.length());
        for (int i = 0; i < encoded.length(); i++) {
            char c = encoded.charAt(i);
            if (c != '%') {
                octets.write(c);
                continue;
            }
            int high = i + 2 < encoded.length() ? Character.digit(encoded.charAt(i + 1), 16) : -1;
            int low = i + 2 < encoded.length() ? Character.digit(encoded.charAt(i + 2), 16) : -1;
            if (high < 0 || low < 0) {
                throw new MalformedInputException(1);
            }
            octets.write(high << 4 | low);
            i += 2;
        }
        StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(octets.toByteArray()));
    }
}
