package io.runtape.testsupport;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;

/**
 * The response to a request, read as it comes. Nothing is read that is not asked for, so a test that stops asking is a client
 * that stops reading. Confined to one thread, but for {@link #close} and {@link #reset}.
 */
public final class WireResponse implements AutoCloseable {

    /** How a body ended. */
    public enum End {
        /** With the closing chunk, or the last byte of its length. */
        WHOLE,
        /** Before that. */
        CUT
    }

    /**
     * Some bytes of the body.
     *
     * @param atNanos when they were read, by {@link System#nanoTime}
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    public record Arrival(long atNanos, byte[] bytes) {}

    /** As often who was refused asks again: all of a crowd must not keep the gateway from what it is busy with. */
    private static final Duration AGAIN_EVERY = Duration.ofMillis(500);

    private final Socket socket;
    private final InputStream in;
    private final String method;
    private final byte[] buffer = new byte[64 << 10];
    private final ByteArrayOutputStream held = new ByteArrayOutputStream();
    private final List<Arrival> arrivals = new ArrayList<>();
    private RawHead head;
    private BodyReader body;
    private End end;

    WireResponse(Socket socket, String method) throws IOException {
        this(socket, new BufferedInputStream(socket.getInputStream()), method);
    }

    private WireResponse(Socket socket, InputStream in, String method) {
        this.socket = socket;
        this.in = in;
        this.method = method;
    }

    /**
     * The response to a call that is made again, as clients do, for as long as it is refused with 503 and this code; fails where
     * that goes on for longer than the time.
     */
    public static WireResponse againWhile(String code, Duration within, Callable<WireResponse> call) {
        return Awaitility.await("a response other than " + code)
                .atMost(within)
                .pollDelay(Duration.ZERO)
                .pollInterval(AGAIN_EVERY)
                .until(
                        () -> {
                            WireResponse response = call.call();
                            if (response.isRefusedAs(code)) {
                                response.close();
                                return null;
                            }
                            return response;
                        },
                        response -> response != null);
    }

    /** Whether this is 503 of one of these codes; if it is 503, its body is read. */
    public boolean isRefusedAs(String... codes) throws IOException {
        if (status() != 503) {
            return false;
        }
        readAll();
        return Arrays.stream(codes).anyMatch(code -> text().contains("\"" + code + "\""));
    }

    /** Sends another request over the same connection, once this response was read whole. */
    public WireResponse andThen(byte[] request) throws IOException {
        whole();
        return new WireResponse(socket, in, "GET").write(request);
    }

    /** Sends more of the request. */
    public WireResponse write(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    /** Waits for up to so long for whatever comes next, instead of for {@link ScriptedUpstream#PATIENCE}. */
    public WireResponse patient(Duration time) throws IOException {
        socket.setSoTimeout((int) time.toMillis());
        return this;
    }

    /** Waits until the other side asks for the request's body. */
    public void awaitContinue() throws IOException {
        RawHead interim = RawHead.read(in).orElseThrow(() -> new EOFException("nothing came"));
        if (!interim.startLine().startsWith("HTTP/1.1 100")) {
            throw new AssertionError("not 100: " + interim);
        }
    }

    /** The head; waits for it. Responses of 1xx are skipped. */
    public RawHead head() throws IOException {
        if (head == null) {
            RawHead read = RawHead.read(in).orElseThrow(() -> new EOFException("no head came"));
            while (read.startLine().startsWith("HTTP/1.1 1")) {
                read = RawHead.read(in).orElseThrow(() -> new EOFException("no head came"));
            }
            head = read;
            int status = status();
            boolean bodiless = method.equals("HEAD") || status == 204 || status == 304;
            body = bodiless ? BodyReader.none(in) : BodyReader.ofResponse(head, in);
        }
        return head;
    }

    public int status() throws IOException {
        return Integer.parseInt(head().startLine().split(" ", 3)[1]);
    }

    public String header(String name) throws IOException {
        return head().value(name);
    }

    /** Reads what has come, waiting for a byte; false at the end of the body, however it ended. */
    public boolean readMore() throws IOException {
        return readMore(buffer.length);
    }

    /** The same, and no more than so many bytes. */
    public boolean readMore(int atMost) throws IOException {
        head();
        if (end != null) {
            return false;
        }
        try {
            int n = body.read(buffer, Math.min(atMost, buffer.length));
            if (n < 0) {
                end = End.WHOLE;
                return false;
            }
            byte[] bytes = Arrays.copyOf(buffer, n);
            held.writeBytes(bytes);
            arrivals.add(new Arrival(System.nanoTime(), bytes));
            return true;
        } catch (SocketTimeoutException e) {
            throw new AssertionError("nothing comes after " + held.size() + " bytes", e);
        } catch (EOFException | SocketException e) {
            end = End.CUT;
            return false;
        }
    }

    /** Reads until so many bytes of the body are held; fails where it ends before. */
    public byte[] readUpTo(int length) throws IOException {
        while (held.size() < length) {
            if (!readMore()) {
                throw new AssertionError("the body ended (" + end + ") after " + held.size() + " bytes: " + text());
            }
        }
        return held();
    }

    /** Reads to the end of the body, however it ends. */
    public byte[] readAll() throws IOException {
        while (readMore()) {
            // On to the end.
        }
        return held();
    }

    /** Reads to the end of the body, however it ends, and hands what comes on instead of holding it. */
    public End passOn(OutputStream to) throws IOException {
        while (readMore()) {
            to.write(held());
            held.reset();
            arrivals.clear();
        }
        return end;
    }

    /** Reads to the end; fails where the body is cut. */
    public byte[] whole() throws IOException {
        readAll();
        if (end != End.WHOLE) {
            throw new AssertionError("the body was cut after " + held.size() + " bytes: " + text());
        }
        return held();
    }

    /** Whether nothing comes within the time, not even the end. */
    public boolean isSilentFor(Duration time) throws IOException {
        socket.setSoTimeout((int) time.toMillis());
        in.mark(1);
        try {
            in.read();
            in.reset();
            return false;
        } catch (SocketTimeoutException e) {
            return true;
        } catch (SocketException e) {
            return false;
        } finally {
            socket.setSoTimeout((int) ScriptedUpstream.PATIENCE.toMillis());
        }
    }

    /** Whether the other side closes the connection now that the response was read. */
    public boolean isClosed() throws IOException {
        try {
            return in.read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            return true;
        }
    }

    /** Goes, and returns when the other side has seen that. */
    public void leave() throws IOException {
        socket.shutdownOutput();
        while (in.read() >= 0) {
            // To its end.
        }
        socket.close();
    }

    /** The next line that comes, before {@link #head}: that of an interim answer, too. */
    public String startLine() throws IOException {
        return RawHead.read(in)
                .orElseThrow(() -> new EOFException("nothing came"))
                .startLine();
    }

    /** What was read of the body. */
    public byte[] held() {
        return held.toByteArray();
    }

    /** What was read of the body, as UTF-8. */
    public String text() {
        return held.toString(StandardCharsets.UTF_8);
    }

    /** The pieces in which the body was read. */
    public List<Arrival> arrivals() {
        return List.copyOf(arrivals);
    }

    /** How the body ended; null while it has not. */
    public End end() {
        return end;
    }

    /** Closes the connection, as a client does that has gone away. */
    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** Resets the connection, as the system does for a client that was killed. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }
}
