import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/**
 * An agent API whose runs have 10,000 events: {@code java bench/TranscriptAgent.java 9340}. With the header
 * {@code X-Bench: tools} these are tool calls with their results, otherwise deltas of one text.
 */
final class TranscriptAgent {
    private TranscriptAgent() {}

    private static final int EVENTS = 10_000;

    public static void main(String[] args) throws IOException {
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0])), 0);
        server.createContext("/", call -> {
            boolean tools = "tools".equals(call.getRequestHeaders().getFirst("X-Bench"));
            call.getRequestBody().readAllBytes();
            call.getResponseHeaders().set("Content-Type", "text/event-stream");
            call.sendResponseHeaders(200, 0);
            try (OutputStream to = call.getResponseBody()) {
                for (int i = 1; i < EVENTS; i++) {
                    to.write((tools ? tool(i) : delta(i)).getBytes(StandardCharsets.UTF_8));
                }
                to.write("event: run_completed\ndata: {}\n\n".getBytes(StandardCharsets.UTF_8));
            }
        });
        server.start();
    }

    private static String delta(int i) {
        return "event: assistant_message_delta\ndata: {\"delta\":\"" + (i % 12 == 0 ? "line\\n" : "some words <" + i + ">, ")
                + "\"}\n\n";
    }

    private static String tool(int i) {
        String call = "{\"toolCallId\":\"call_" + (i + 1) / 2 + "\",\"name\":\"shell\",";
        return i % 2 == 1
                ? "event: tool_call\ndata: " + call + "\"arguments\":{\"command\":\"cat src/File" + i + ".java\"}}\n\n"
                : "event: tool_result\ndata: " + call + "\"output\":\"class File" + i
                        + " {\\n    int a = 1 < 2 ? 3 : 4;\\n}\\n\",\"exitCode\":0}\n\n";
    }
}
