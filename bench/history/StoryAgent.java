import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

/**
 * An agent API whose runs are those of {@link Story}, as fast as they are read: {@code java StoryAgent PORT FRAMES}. The header
 * {@code X-Bench} has the number of the run.
 */
final class StoryAgent {
    private StoryAgent() {}

    public static void main(String[] args) throws IOException {
        int frames = Integer.parseInt(args[1]);
        HttpServer server = HttpServer.create(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0])), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", call -> {
            int run = Integer.parseInt(call.getRequestHeaders().getFirst("X-Bench"));
            call.getRequestBody().readAllBytes();
            call.getResponseHeaders().set("Content-Type", "text/event-stream");
            call.getResponseHeaders().set("X-Run-ID", "run_story_" + run);
            call.getResponseHeaders().set("X-Thread-ID", Story.thread(run));
            call.sendResponseHeaders(200, 0);
            // What it writes goes out in chunks of four kilobytes.
            try (OutputStream to = call.getResponseBody()) {
                for (byte[] event : Story.events(run, frames)) {
                    to.write(event);
                }
            }
        });
        server.start();
    }
}
