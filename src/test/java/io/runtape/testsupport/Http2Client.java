package io.runtape.testsupport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One HTTP/2 connection to a port of this machine, without TLS and with prior knowledge, whose frames are written by hand: any
 * order, any number, right or wrong. Confined to one thread, but for {@link #close}.
 */
public final class Http2Client implements AutoCloseable {

    public static final int DATA = 0;
    public static final int HEADERS = 1;
    public static final int PRIORITY = 2;
    public static final int RST_STREAM = 3;
    public static final int SETTINGS = 4;
    public static final int PING = 6;
    public static final int GOAWAY = 7;
    public static final int WINDOW_UPDATE = 8;
    public static final int CONTINUATION = 9;

    public static final int END_STREAM = 1;
    public static final int END_HEADERS = 4;

    /** RFC 9113, section 7. */
    public static final int NO_ERROR = 0;

    public static final int CANCEL = 8;
    public static final int ENHANCE_YOUR_CALM = 11;

    private static final int ACK = 1;
    private static final int PRIORITY_FLAG = 0x20;
    private static final int WINDOW_MAX = Integer.MAX_VALUE;
    private static final int WINDOW_USUAL = 65_535;
    private static final int FRAME_MAX = 16 << 10;
    private static final int INITIAL_WINDOW_SIZE = 4;

    private final Socket socket = new Socket();
    private final DataInputStream in;
    private final DefaultHttp2HeadersDecoder headers = new DefaultHttp2HeadersDecoder();
    private final Map<Integer, Answer> answers = new HashMap<>();
    private final Map<Integer, Integer> windows = new HashMap<>();
    private int connectionWindow = WINDOW_USUAL;
    private int initialWindow = WINDOW_USUAL;
    private int nextStream = 1;
    private volatile Integer goAway;
    private boolean hasSettings;

    /** Connects; the other side may send as much as it likes. */
    public Http2Client(int port) throws IOException {
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) ScriptedUpstream.PATIENCE.toMillis());
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        frame(SETTINGS, 0, 0, new byte[] {0, 4, 0x7F, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF});
        frame(WINDOW_UPDATE, 0, 0, fourBytes(WINDOW_MAX - WINDOW_USUAL));
    }

    /** Begins a request and returns its stream. */
    public int request(String method, String path, boolean end, String... headerLines) throws IOException {
        int stream = nextStream;
        nextStream += 2;
        frame(HEADERS, END_HEADERS | (end ? END_STREAM : 0), stream, head(method, path, headerLines));
        return stream;
    }

    /** A block of header fields as literals (RFC 7541, section 6.2.2). */
    public static byte[] head(String method, String path, String... headerLines) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        field(block, ":method", method);
        field(block, ":scheme", "http");
        field(block, ":authority", "127.0.0.1");
        field(block, ":path", path);
        for (String line : headerLines) {
            int colon = line.indexOf(':');
            field(
                    block,
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        return block.toByteArray();
    }

    private static void field(ByteArrayOutputStream block, String name, String value) {
        block.write(0);
        string(block, name);
        string(block, value);
    }

    private static void string(ByteArrayOutputStream block, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        if (bytes.length < 127) {
            block.write(bytes.length);
        } else {
            block.write(127);
            int rest = bytes.length - 127;
            for (; rest >= 128; rest >>= 7) {
                block.write(rest & 127 | 128);
            }
            block.write(rest);
        }
        block.writeBytes(bytes);
    }

    /** Sends some of a body, whatever the other side's windows are. */
    public void data(int stream, byte[] bytes, boolean end) throws IOException {
        connectionWindow -= bytes.length;
        windows.merge(stream, -bytes.length, Integer::sum);
        frame(DATA, end ? END_STREAM : 0, stream, bytes);
    }

    /** Sends so many bytes of a body as its windows allow it, until the other side has answered or reset the stream. */
    public void send(int stream, int bytes) throws IOException {
        Answer response = on(stream);
        for (int sent = 0; sent < bytes && !response.ended && response.reset == null; ) {
            int window = Math.min(connectionWindow, initialWindow + windows.getOrDefault(stream, 0));
            int next = Math.min(Math.min(window, FRAME_MAX), bytes - sent);
            if (next > 0) {
                data(stream, new byte[next], false);
                sent += next;
            } else if (!readFrame()) {
                return;
            }
        }
    }

    public void reset(int stream, int error) throws IOException {
        frame(RST_STREAM, 0, stream, fourBytes(error));
    }

    public void frame(int type, int flags, int stream, byte[] payload) throws IOException {
        raw(frameBytes(type, flags, stream, payload));
    }

    public static byte[] frameBytes(int type, int flags, int stream, byte[] payload) {
        ByteArrayOutputStream frame = new ByteArrayOutputStream(payload.length + 9);
        frame.write(payload.length >> 16);
        frame.write(payload.length >> 8);
        frame.write(payload.length);
        frame.write(type);
        frame.write(flags);
        frame.writeBytes(fourBytes(stream));
        frame.writeBytes(payload);
        return frame.toByteArray();
    }

    private static byte[] fourBytes(int value) {
        return new byte[] {(byte) (value >> 24), (byte) (value >> 16), (byte) (value >> 8), (byte) value};
    }

    public void raw(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /** The response on a stream, once it is whole or the stream is reset. */
    public Answer answer(int stream) throws IOException {
        Answer response = on(stream);
        while (!response.ended && response.reset == null && readFrame()) {
            // On to its end.
        }
        return response;
    }

    /** Waits until the stream is reset; returns the error. */
    public Integer awaitReset(int stream) throws IOException {
        Answer response = on(stream);
        while (response.reset == null && readFrame()) {
            // On to it.
        }
        return response.reset;
    }

    /** Reads until so many bytes of the response's body are there. */
    public Answer readUpTo(int stream, int bytes) throws IOException {
        Answer response = on(stream);
        while (response.body.size() < bytes && !response.ended && response.reset == null && readFrame()) {
            // On to them.
        }
        return response;
    }

    /** Reads until the other side's settings are acknowledged: from then on, no frame is sent but those that are asked for. */
    public void awaitSettings() throws IOException {
        while (!hasSettings && readFrame()) {
            // On to the settings.
        }
    }

    /** What {@link #awaitGoAway} returns, from another thread. */
    public Integer goAway() {
        return goAway;
    }

    /** Reads until the other side goes away; returns the error that it gave, null where it closed without a word. */
    public Integer awaitGoAway() throws IOException {
        while (readFrame()) {
            // On to the end.
        }
        return goAway;
    }

    private Answer on(int stream) {
        return answers.computeIfAbsent(stream, s -> new Answer());
    }

    private boolean readFrame() throws IOException {
        try {
            int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
            int type = in.readUnsignedByte();
            int flags = in.readUnsignedByte();
            int stream = in.readInt();
            byte[] payload = new byte[length];
            in.readFully(payload);
            take(type, flags, stream, payload);
            return true;
        } catch (EOFException | SocketException gone) {
            return false;
        }
    }

    private void take(int type, int flags, int stream, byte[] payload) throws IOException {
        switch (type) {
            case HEADERS -> {
                int from = (flags & PRIORITY_FLAG) != 0 ? 5 : 0;
                on(stream).headers(decoded(stream, Arrays.copyOfRange(payload, from, payload.length)));
                on(stream).ended |= (flags & END_STREAM) != 0;
            }
            case DATA -> {
                on(stream).body.writeBytes(payload);
                on(stream).ended |= (flags & END_STREAM) != 0;
            }
            case RST_STREAM ->
                on(stream).reset = Unpooled.wrappedBuffer(payload).readInt();
            case WINDOW_UPDATE -> {
                int more = Unpooled.wrappedBuffer(payload).readInt();
                if (stream == 0) {
                    connectionWindow += more;
                } else {
                    windows.merge(stream, more, Integer::sum);
                }
            }
            case GOAWAY -> goAway = Unpooled.wrappedBuffer(payload).getInt(4);
            case SETTINGS -> {
                if ((flags & ACK) == 0) {
                    ByteBuf settings = Unpooled.wrappedBuffer(payload);
                    while (settings.isReadable()) {
                        int setting = settings.readUnsignedShort();
                        int value = settings.readInt();
                        initialWindow = setting == INITIAL_WINDOW_SIZE ? value : initialWindow;
                    }
                    frame(SETTINGS, ACK, 0, new byte[0]);
                    hasSettings = true;
                }
            }
            default -> {
                // Of no interest.
            }
        }
    }

    private Http2Headers decoded(int stream, byte[] block) throws IOException {
        ByteBuf bytes = Unpooled.wrappedBuffer(block);
        try {
            return headers.decodeHeaders(stream, bytes);
        } catch (Http2Exception e) {
            throw new IOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** What came on a stream. */
    public static final class Answer {

        private final ByteArrayOutputStream body = new ByteArrayOutputStream();
        private Http2Headers head;
        private boolean ended;
        private Integer reset;

        private void headers(Http2Headers next) {
            // Of 1xx and trailers no test wants to know.
            head = head == null || head.status().charAt(0) == '1' ? next : head;
        }

        /** Zero where none came. */
        public int status() {
            return head == null ? 0 : Integer.parseInt(head.status().toString());
        }

        /** Null where there is none. */
        public String header(String name) {
            CharSequence value = head == null ? null : head.get(name);
            return value == null ? null : value.toString();
        }

        public String text() {
            return body.toString(StandardCharsets.UTF_8);
        }

        /** Whether the last frame came. */
        public boolean isWhole() {
            return ended;
        }
    }
}
