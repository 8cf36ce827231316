import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** Calls the runs of {@link Story} through a gateway, as fast as they go: {@code java StoryLoad HOST:PORT RUNS FRAMES STREAMS}. */
final class StoryLoad {
    private StoryLoad() {}

    public static void main(String[] args) throws Exception {
        int runs = Integer.parseInt(args[1]);
        long frames = Long.parseLong(args[2]);
        int streams = Integer.parseInt(args[3]);
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        AtomicInteger next = new AtomicInteger();
        LongAdder bytes = new LongAdder();
        ExecutorService callers = Executors.newFixedThreadPool(streams);
        long begun = System.nanoTime();
        List<Future<?>> ends = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
            ends.add(callers.submit(() -> {
                for (int run = next.getAndIncrement(); run < runs; run = next.getAndIncrement()) {
                    call(client, args[0], run, bytes);
                }
                return null;
            }));
        }
        for (Future<?> end : ends) {
            end.get();
        }
        callers.shutdown();
        double seconds = (System.nanoTime() - begun) / 1e9;
        System.out.printf(
                "runs %d frames %d bytes %d seconds %.1f rate %.0f%n",
                runs, runs * frames, bytes.sum(), seconds, runs * frames / seconds);
    }

    private static void call(HttpClient client, String gateway, int run, LongAdder bytes)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + gateway + Story.path(run)))
                .header("X-API-Key", "rt_test_bench")
                .header("X-Bench", Integer.toString(run))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(Story.request(run)))
                .build();
        HttpResponse<Void> answer = client.send(
                request,
                HttpResponse.BodyHandlers.ofByteArrayConsumer(
                        some -> some.ifPresent(piece -> bytes.add(piece.length))));
        if (answer.statusCode() != 200) {
            throw new IOException("run " + run + ": " + answer.statusCode());
        }
    }
}
