package io.runtape.console;

import io.quarkus.runtime.util.HashUtil;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;

/**
 * A file of the console, in memory as it goes out. Immutable.
 *
 * @param type its media type
 * @param digest differs whenever the content does; the value of an entity tag
 * @param plain its bytes
 * @param zipped the same in gzip
 */
record ConsoleFile(String type, String digest, Buffer plain, Buffer zipped) {

    /** Enough hexadecimal digits of a SHA-256 that two versions of a file never share them. */
    private static final int DIGEST_CHARS = 20;

    static ConsoleFile of(String type, byte[] content) {
        return new ConsoleFile(
                type, shortened(HashUtil.sha256(content)), Buffer.buffer(content), Buffer.buffer(zip(content)));
    }

    /** Reads one that the gateway is packed with, by its path below {@code console/}. */
    static ConsoleFile packed(String path) {
        return of(typeOf(path), read(path));
    }

    static byte[] read(String path) {
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        try (InputStream content = loader.getResourceAsStream("console/" + path)) {
            if (content == null) {
                throw new IllegalStateException("The gateway is packed without console/" + path);
            }
            return content.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String shortened(String sha256) {
        return sha256.substring(0, DIGEST_CHARS);
    }

    private static String typeOf(String path) {
        return switch (path.substring(path.lastIndexOf('.') + 1)) {
            case "js" -> "text/javascript;charset=UTF-8";
            case "css" -> "text/css;charset=UTF-8";
            case "svg" -> "image/svg+xml";
            default -> throw new IllegalStateException("No media type is known for " + path);
        };
    }

    private static byte[] zip(byte[] content) {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream(content.length / 2);
        try (GZIPOutputStream zip = new GZIPOutputStream(zipped)) {
            zip.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return zipped.toByteArray();
    }
}
