package io.runtape.testsupport;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One call of the scripted agent API, seen by the script that answers it. Confined to the connection's thread. */
public final class Exchange {

    private final Socket socket;
    private final OutputStream out;
    private final ReceivedCall call;
    private final BodyReader body;
    private boolean whole;

    Exchange(Socket socket, ReceivedCall call, BodyReader body) throws IOException {
        this.socket = socket;
        this.out = socket.getOutputStream();
        this.call = call;
        this.body = body;
    }

    /** The request. */
    public ReceivedCall call() {
        return call;
    }

    /** Whether the response is whole, so that the connection can take another call. */
    boolean whole() {
        return whole;
    }

    BodyReader body() {
        return body;
    }

    /** Reads what has come of the request's body; -1 at its end. Only where the script answers at the head. */
    public int readBody(byte[] into) throws IOException {
        return body.read(into, into.length);
    }

    /** Keeps the system from taking much that the other side does not read. */
    public Exchange sendBuffer(int bytes) throws IOException {
        socket.setSendBufferSize(bytes);
        return this;
    }

    /** Sends status and header lines, exactly these. */
    public Exchange head(int status, String... headerLines) throws IOException {
        return raw(new RawHead("HTTP/1.1 " + status + " Scripted", Arrays.asList(headerLines)).bytes());
    }

    /** Sends the head of a chunked event stream, with these header lines besides. */
    public Exchange streamHead(String... headerLines) throws IOException {
        List<String> lines = new ArrayList<>(List.of("Content-Type: text/event-stream", "Transfer-Encoding: chunked"));
        lines.addAll(Arrays.asList(headerLines));
        return head(200, lines.toArray(String[]::new));
    }

    /** Sends one HTTP chunk; nothing for no bytes, which would end the body. */
    public Exchange chunk(byte[] bytes) throws IOException {
        if (bytes.length > 0) {
            ByteArrayOutputStream framed = new ByteArrayOutputStream(bytes.length + 16);
            framed.writeBytes((Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
            framed.writeBytes(bytes);
            framed.writeBytes(new byte[] {'\r', '\n'});
            raw(framed.toByteArray());
        }
        return this;
    }

    /** Sends one HTTP chunk of text. */
    public Exchange chunk(String text) throws IOException {
        return chunk(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends the bytes as chunks of these lengths. */
    public Exchange chunks(byte[] bytes, List<Integer> lengths) throws IOException {
        int at = 0;
        for (int length : lengths) {
            chunk(Arrays.copyOfRange(bytes, at, at + length));
            at += length;
        }
        return this;
    }

    /** Sends the closing chunk. */
    public void end() throws IOException {
        raw("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        whole = true;
    }

    /** Sends a whole response of a known length. */
    public void whole(int status, byte[] bytes, String... headerLines) throws IOException {
        List<String> lines = new ArrayList<>(Arrays.asList(headerLines));
        lines.add("Content-Length: " + bytes.length);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(new RawHead("HTTP/1.1 " + status + " Scripted", lines).bytes());
        all.writeBytes(bytes);
        raw(all.toByteArray());
        whole = true;
    }

    /** Says that what was sent by {@link #raw} is a whole response. */
    public void isWhole() {
        whole = true;
    }

    /** Sends these bytes as they are, HTTP or not. */
    public Exchange raw(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
        return this;
    }

    /** Cuts the connection with a reset, losing what is still on its way. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** Waits until the other side closes its connection or resets it. */
    public void awaitPeerGone() throws IOException {
        if (!peerGoneWithin(ScriptedUpstream.PATIENCE)) {
            throw new AssertionError("the connection stays open");
        }
    }

    /** Whether the other side closes its connection, or resets it, within the time. */
    public boolean peerGoneWithin(Duration time) throws IOException {
        socket.setSoTimeout((int) time.toMillis());
        try {
            while (socket.getInputStream().read() >= 0) {
                // Whatever still comes.
            }
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            return true;
        } finally {
            socket.setSoTimeout(0);
        }
    }
}
