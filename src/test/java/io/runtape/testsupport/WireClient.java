package io.runtape.testsupport;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Sends HTTP/1.1 requests byte for byte to one port of this machine, each over a connection of its own. */
public final class WireClient {

    private final int port;

    public WireClient(int port) {
        this.port = port;
    }

    /** Posts JSON. */
    public WireAnswer post(String target, String json, String... headerLines) throws IOException {
        List<String> lines = new ArrayList<>(List.of("Content-Type: application/json"));
        lines.addAll(Arrays.asList(headerLines));
        return send("POST", target, json.getBytes(StandardCharsets.UTF_8), lines.toArray(String[]::new));
    }

    public WireAnswer get(String target, String... headerLines) throws IOException {
        return sendHead("GET", target, headerLines);
    }

    /** Sends a request with a body and its length; besides {@code Host} these header lines and no others. */
    public WireAnswer send(String method, String target, byte[] body, String... headerLines) throws IOException {
        List<String> lines = new ArrayList<>(Arrays.asList(headerLines));
        lines.add("Content-Length: " + body.length);
        WireAnswer answer = open(method);
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.writeBytes(head(method, target, lines));
        whole.writeBytes(body);
        answer.write(whole.toByteArray());
        return answer;
    }

    /** Sends a head alone; {@link WireAnswer#write} sends what follows. */
    public WireAnswer sendHead(String method, String target, String... headerLines) throws IOException {
        WireAnswer answer = open(method);
        answer.write(head(method, target, Arrays.asList(headerLines)));
        return answer;
    }

    /** Sends these bytes. */
    public WireAnswer sendRaw(byte[] bytes) throws IOException {
        WireAnswer answer = open("GET");
        answer.write(bytes);
        return answer;
    }

    private byte[] head(String method, String target, List<String> headerLines) {
        List<String> lines = new ArrayList<>(List.of("Host: 127.0.0.1:" + port));
        lines.addAll(headerLines);
        return new RawHead(method + " " + target + " HTTP/1.1", lines).bytes();
    }

    private WireAnswer open(String method) throws IOException {
        Socket socket = new Socket();
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) ScriptedUpstream.PATIENCE.toMillis());
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return new WireAnswer(socket, method);
    }
}
