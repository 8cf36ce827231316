package io.runtape;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/** Asks a gateway one request after the other, and tells how long they take. For {@code Filters} and {@code Stats}. */
public final class Requests {

    /** What each round of all kinds of requests measures: the first one makes the gateway warm. */
    public static final List<String> ROUNDS =
            List.of("While the gateway's code is still being compiled:", "Once the gateway is warm:");

    private final HttpClient client = HttpClient.newHttpClient();
    private final String gateway;
    private final int count;

    /** @param count how many of each kind, after a quarter of that as a warm-up */
    public Requests(String gateway, int count) {
        this.gateway = gateway;
        this.count = count;
    }

    /**
     * Prints the name, how many things the last answer has, the median and the 99th percentile.
     *
     * @param targets below {@code /history/v1}, for the number of each request, from 0 on
     * @param member in JSON, which each thing has once
     */
    public void measure(String name, IntFunction<String> targets, String member) throws IOException, InterruptedException {
        long[] took = new long[count];
        int found = 0;
        int warmUp = count / 4;
        for (int i = -warmUp; i < count; i++) {
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create("http://" + gateway + "/history/v1" + targets.apply(i + warmUp)))
                    .header("X-API-Key", "rt_test_bench")
                    .build();
            long begun = System.nanoTime();
            HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IOException(name + ": " + answer.body());
            }
            if (i >= 0) {
                took[i] = System.nanoTime() - begun;
                found = answer.body().split("\"" + member + "\"", -1).length - 1;
            }
        }
        Arrays.sort(took);
        System.out.printf(
                "%-55s %4d found  p50 %7.2f ms  p99 %7.2f ms%n",
                name, found, took[count / 2] / 1e6, took[count * 99 / 100] / 1e6);
    }
}
