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
    public WireResponse post(String target, String json, String... headerLines) throws IOException {
        List<String> lines = new ArrayList<>(List.of("Content-Type: application/json"));
        lines.addAll(Arrays.asList(headerLines));
        return send("POST", target, json.getBytes(StandardCharsets.UTF_8), lines.toArray(String[]::new));
    }

    public WireResponse get(String target, String... headerLines) throws IOException {
        return sendHead("GET", target, headerLines);
    }

    /** Sends a request with a body and its length; besides {@code Host} these header lines and no others. */
    public WireResponse send(String method, String target, byte[] body, String... headerLines) throws IOException {
        List<String> lines = new ArrayList<>(Arrays.asList(headerLines));
        lines.add("Content-Length: " + body.length);
        WireResponse response = open(method);
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.writeBytes(head(method, target, lines));
        whole.writeBytes(body);
        response.write(whole.toByteArray());
        return response;
    }

    /** Sends a head alone; {@link WireResponse#write} sends what follows. */
    public WireResponse sendHead(String method, String target, String... headerLines) throws IOException {
        WireResponse response = open(method);
        response.write(head(method, target, Arrays.asList(headerLines)));
        return response;
    }

    /** Sends these bytes. */
    public WireResponse sendRaw(byte[] bytes) throws IOException {
        WireResponse response = open("GET");
        response.write(bytes);
        return response;
    }

    private byte[] head(String method, String target, List<String> headerLines) {
        List<String> lines = new ArrayList<>(List.of("Host: 127.0.0.1:" + port));
        lines.addAll(headerLines);
        return new RawHead(method + " " + target + " HTTP/1.1", lines).bytes();
    }

    private WireResponse open(String method) throws IOException {
        Socket socket = new Socket();
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) ScriptedUpstream.PATIENCE.toMillis());
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return new WireResponse(socket, method);
    }
}
