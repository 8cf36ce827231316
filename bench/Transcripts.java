import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;

/**
 * Asks for the transcript of a caller's newest run again and again, in each form, one request at a time, and tells how
 * long it took until the last byte was there: {@code java bench/Transcripts.java 127.0.0.1:8080 60 200} asks 60 times to
 * warm up, then 200 times. A form that the gateway does not serve is left out.
 */
final class Transcripts {
    private Transcripts() {}

    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    public static void main(String[] args) throws IOException, InterruptedException {
        String runs = "http://" + args[0] + "/history/v1/runs";
        String newest = new String(ask(runs + "?limit=1", "application/json").body());
        String id = newest.replaceFirst("(?s).*?\"id\":\"([^\"]+)\".*", "$1");
        for (String form : new String[] {"application/json", "text/markdown", "text/html"}) {
            String target = runs + "/" + id + "/transcript";
            HttpResponse<byte[]> first = ask(target, form);
            if (first.statusCode() != 200) {
                continue;
            }
            for (int i = 0; i < Integer.parseInt(args[1]); i++) {
                ask(target, form);
            }
            long[] micros = new long[Integer.parseInt(args[2])];
            for (int i = 0; i < micros.length; i++) {
                long begin = System.nanoTime();
                HttpResponse<byte[]> response = ask(target, form);
                micros[i] = (System.nanoTime() - begin) / 1000;
                if (response.statusCode() != 200 || response.body().length != first.body().length) {
                    throw new IOException("the response was " + response.statusCode());
                }
            }
            Arrays.sort(micros);
            System.out.printf(
                    "%s %d bytes, p50 %.1f ms, p99 %.1f ms%n",
                    form, first.body().length, micros[micros.length / 2] / 1e3, micros[micros.length * 99 / 100] / 1e3);
        }
    }

    private static HttpResponse<byte[]> ask(String target, String form) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(target))
                .header("X-API-Key", "rt_test_bench")
                .header("Accept", form)
                .build();
        return CLIENT.send(request, HttpResponse.BodyHandlers.ofByteArray());
    }
}
