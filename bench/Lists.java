import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Asks for the list of runs at a fixed pace, however long the answers take, and tells how long they took:
 * {@code java bench/Lists.java 127.0.0.1:8080 50 12} is 50 a second for 12 seconds.
 */
final class Lists {
    private Lists() {}

    public static void main(String[] args) throws InterruptedException {
        URI lists = URI.create("http://" + args[0] + "/history/v1/runs?limit=50");
        int rate = Integer.parseInt(args[1]);
        int count = rate * Integer.parseInt(args[2]);
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        HttpRequest request = HttpRequest.newBuilder(lists)
                .header("X-API-Key", "rt_test_bench")
                .build();
        List<CompletableFuture<Long>> answers = new ArrayList<>();
        long begin = System.nanoTime();
        for (int i = 0; i < count; i++) {
            // Counted from when it was due: a client that comes late must not hide that answers do.
            long due = begin + i * 1_000_000_000L / rate;
            TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
            answers.add(client.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray())
                    .handle((answer, failure) ->
                            failure == null && answer.statusCode() == 200 ? (System.nanoTime() - due) / 1000 : -1L));
        }
        long[] took = answers.stream().mapToLong(CompletableFuture::join).toArray();
        long[] good = Arrays.stream(took).filter(micros -> micros >= 0).sorted().toArray();
        System.out.printf(
                "lists %d errors %d p50 %d p99 %d%n",
                count, count - good.length, good[good.length / 2], good[good.length * 99 / 100]);
    }
}
