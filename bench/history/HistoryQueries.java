import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Asks a gateway for lists, searches, stats, events, transcripts and tails of the runs of {@link Story}, one after the other, each
 * with other parameters, and prints how long each kind took: {@code java HistoryQueries HOST:PORT REQUESTS FRAMES RUNS WARM-UP}. A
 * line has the name, the number of hits on average, then p50, p99 and the maximum in milliseconds, with tabs between them. First
 * all kinds are asked so often as the last argument says, in turn: a gateway that has just started spends more time on its
 * compiler than on answers.
 */
final class HistoryQueries {

    private static final Pattern ID = Pattern.compile("\\{\"id\":\"(run_[^\"]+)\"");
    private static final Pattern CURSOR = Pattern.compile("\"nextCursor\":\"([^\"]+)\"");

    private final String gateway;
    private final int requests;
    private final int frames;
    private final int runs;
    private final Map<String, Asked> queries = new LinkedHashMap<>();

    /** Runs of {@link Story}, from all over the list. */
    private final List<String> ids = new ArrayList<>();

    /** The cursors of the pages of lists. */
    private final Map<String, List<String>> pagesOf = new HashMap<>();

    private List<String> live = List.of();

    private HistoryQueries(String gateway, int requests, int frames, int runs) {
        this.gateway = gateway;
        this.requests = requests;
        this.frames = frames;
        this.runs = runs;
    }

    /**
     * A kind of request.
     *
     * @param target the path of the n-th, without {@code /history/v1}
     * @param accept the form
     * @param firstByte whether only the first byte is awaited, and then the connection closed
     */
    private record Asked(IntFunction<String> target, String accept, boolean firstByte) {}

    public static void main(String[] args) throws IOException {
        HistoryQueries queries = new HistoryQueries(
                args[0], Integer.parseInt(args[1]), Integer.parseInt(args[2]), Integer.parseInt(args[3]));
        queries.walk();
        queries.lists();
        queries.searches();
        queries.stats();
        queries.readings();
        queries.warmUp(Integer.parseInt(args[4]));
        for (Map.Entry<String, Asked> each : queries.queries.entrySet()) {
            queries.measure(each.getKey(), each.getValue());
        }
    }

    /** Walks all runs once. */
    private void walk() throws IOException {
        String cursor = "";
        do {
            String page = text("/runs?upstream=default&limit=500" + cursor);
            Matcher id = ID.matcher(page);
            while (id.find()) {
                ids.add(id.group(1));
            }
            Matcher next = CURSOR.matcher(page);
            cursor = next.find() ? "&cursor=" + next.group(1) : "";
        } while (!cursor.isEmpty());
        // Neighbours share blocks, and the requests of a kind shall not.
        Collections.shuffle(ids, new Random(1));
    }

    /** The cursor behind some page of a list: pages of all depths. */
    private String deep(String list, int n) {
        List<String> pages = pagesOf.computeIfAbsent(list, of -> new ArrayList<>());
        if (n == 0) {
            pages.clear();
        }
        try {
            String last = pages.isEmpty() ? "" : "&cursor=" + pages.get(pages.size() - 1);
            if (pages.size() < 200) {
                Matcher next = CURSOR.matcher(text(list + "&limit=" + Math.max(1, Math.min(500, runs / 100)) + last));
                if (next.find()) {
                    pages.add(next.group(1));
                }
            }
            return pages.isEmpty() ? list : list + "&cursor=" + pages.get(pages.size() - 1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void add(String name, IntFunction<String> target) {
        queries.put(name, new Asked(target, "application/json", false));
    }

    private void list(String filter, IntFunction<String> value) {
        add("runs, " + filter, n -> "/runs?" + value.apply(n));
    }

    private void lists() {
        list("first page", n -> "limit=50");
        add("runs, pages further on", n -> deep("/runs?since=-9999d", n));
        add("runs of an agent, pages further on", n -> deep("/runs?agent=agent-3", n));
        list("agent", n -> "agent=agent-" + n % Story.AGENTS);
        list("agent that there is not", n -> "agent=nobody-" + n);
        list("status=completed", n -> "status=completed&until=-" + n + "h");
        list("status=failed", n -> "status=failed&until=-" + n + "h");
        list("status=cancelled", n -> "status=cancelled&until=-" + n + "h");
        list("status=running", n -> "status=running");
        list("model", n -> "model=model-" + n % Story.MODELS);
        list("upstream", n -> "upstream=" + (n % 2 == 0 ? "other" : "default"));
        list("tool", n -> "tool=" + Story.TOOLS[n % Story.TOOLS.length]);
        list("error code", n -> "errorCode=" + new String[] {"busy", "tool_error", "context_length"}[n % 3]);
        list("metadata, a common value", n -> "metadata.branch=" + (n % 2 == 0 ? "main" : "dev"));
        list("metadata, a rare value", n -> "metadata.user=" + n % Story.USERS);
        list("thread", n -> "threadId=" + Story.thread(n * 31 % runs));
        list("shortest time", n -> "minDurationMs=" + n);
        list("longest time", n -> "maxDurationMs=" + n);
        list("completed since", n -> "completedSince=-" + n * 40 + "h");
        list("begun between", n -> "since=-" + (n + 9) + "d&until=-" + n + "d");
        list("agent and status", n -> "agent=agent-" + n % Story.AGENTS + "&status=failed");
        list("agent and model", n -> "agent=agent-" + n % Story.AGENTS + "&model=model-" + n % Story.MODELS);
        list("model and upstream", n -> "model=model-" + n % Story.MODELS + "&upstream=other");
        list("tool and status", n -> "tool=" + Story.TOOLS[n % Story.TOOLS.length] + "&status=failed");
        list(
                "tool and metadata",
                n -> "tool=" + Story.TOOLS[n % Story.TOOLS.length] + "&metadata.user=" + n % Story.USERS);
        list("metadata, twice", n -> "metadata.branch=dev&metadata.user=" + n % Story.USERS);
        list("metadata and status", n -> "metadata.user=" + n % Story.USERS + "&status=failed");
        // A user whose runs are never on that branch: both are there, and never together.
        list("two that never meet", n -> "metadata.branch=dev&metadata.user=" + (n * 4 + 1) % Story.USERS);
        list("sort=durationMs", n -> "sort=durationMs&order=" + (n % 2 == 0 ? "asc" : "desc"));
        list("sort=totalTokens", n -> "sort=totalTokens&order=" + (n % 2 == 0 ? "asc" : "desc"));
        list("sort=totalTokens, agent", n -> "sort=totalTokens&agent=agent-" + n % Story.AGENTS);
        list("sort=durationMs, status and model", n -> "sort=durationMs&status=failed&model=model-" + n % Story.MODELS);
        list("sort=durationMs, begun since", n -> "sort=durationMs&since=-" + (n + 1) * 24 + "h");
    }

    private void search(String name, IntFunction<String> words) {
        add("search, " + name, n -> "/runs?q=" + URLEncoder.encode(words.apply(n), StandardCharsets.UTF_8));
    }

    private void searches() {
        search("a common word", n -> Story.word(n % 50));
        search("a word of some", n -> Story.word(500 + n * 7));
        search("a rare word", n -> Story.word(15_000 + n * 7));
        search("a word of one run in a thousand", n -> "rare" + n * 13 % Story.RARE);
        search("a word of one run", n -> "only" + n * 31 % runs);
        search("no hit", n -> "nothing" + n);
        search("two common words", n -> Story.word(n % 50) + " " + Story.word(50 + n % 50));
        search("a phrase", n -> '"' + Story.word(n % 20) + " " + Story.word(n % 30) + '"');
        search("a phrase without hits", n -> '"' + Story.word(n % 20) + " only" + n * 31 % runs + '"');
        search("a prefix of many words", n -> Story.word(n % 20).substring(0, 2) + "*");
        search("a prefix of few words", n -> "only" + n * 31 % runs + "*");
        search("a common word, not another", n -> Story.word(n % 50) + " -" + Story.word(60 + n % 50));
        add(
                "search, a common word of an agent",
                n -> "/runs?agent=agent-" + n % Story.AGENTS + "&status=failed&q=" + Story.word(n % 50));
        add("threads, first page", n -> "/threads?limit=50");
        add("threads, pages further on", n -> deep("/threads?since=-9999d", n));
        add("threads, agent", n -> "/threads?agent=agent-" + n % Story.AGENTS);
        add("threads, search, a common word", n -> "/threads?q=" + Story.word(n % 50));
        add("threads, search, a word of one run", n -> "/threads?q=only" + n * 31 % runs);
    }

    private void stats() {
        add("stats, all", n -> "/stats?until=-" + n + "h");
        add("stats, a year by the day", n -> "/stats?groupBy=day&since=-365d&until=-" + n + "h");
        add("stats, a week by the hour", n -> "/stats?groupBy=hour&since=-" + (n + 7) + "d&until=-" + n + "d");
        add("stats, a year by agent", n -> "/stats?groupBy=agent&since=-365d&until=-" + n + "h");
        add(
                "stats, a year by model and status",
                n -> "/stats?groupBy=model&groupBy=status&since=-365d&until=-" + n + "h");
        add("stats, a year by tool", n -> "/stats?groupBy=tool&since=-365d&until=-" + n + "h");
        add("stats, an agent by the day", n -> "/stats?groupBy=day&agent=agent-" + n % Story.AGENTS + "&since=-365d");
    }

    private String run(int n) {
        return "/runs/" + ids.get(n * 17 % ids.size());
    }

    private void readings() {
        add("run", this::run);
        add("run, request", n -> run(n) + "/request");
        add("events, first page", n -> run(n) + "/events?limit=50");
        add("events, a page in the middle", n -> run(n) + "/events?limit=50&after=" + frames / 2);
        add("events, last page", n -> run(n) + "/events?limit=50&order=desc");
        add("events, tool calls", n -> run(n) + "/events?type=tool_call");
        add("events of a thread, first page", n -> "/threads/" + Story.thread(n * 31 % runs) + "/events?limit=50");
        add("transcript", n -> run(n) + "/transcript");
        queries.put("transcript, Markdown", new Asked(n -> run(n) + "/transcript", "text/markdown", false));
        add("transcript of a thread", n -> "/threads/" + Story.thread(n * 31 % runs) + "/transcript");
        add("thread", n -> "/threads/" + Story.thread(n * 31 % runs));
        add("runs of a thread", n -> "/threads/" + Story.thread(n * 31 % runs) + "/runs");
        queries.put("tail of an ended run, first byte", new Asked(n -> run(n) + "/events", "text/event-stream", true));
        queries.put(
                "tail from the middle, first byte",
                new Asked(n -> run(n) + "/events?after=" + frames / 2, "text/event-stream", true));
        queries.put("tail of a live run, first byte", new Asked(this::live, "text/event-stream", true));
    }

    private String live(int n) {
        if (n % 20 == 0) {
            try {
                live = ID.matcher(text("/runs?status=running&limit=500"))
                        .results()
                        .map(hit -> hit.group(1))
                        .toList();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return live.isEmpty() ? run(n) + "/events" : "/runs/" + live.get(n % live.size()) + "/events";
    }

    private HttpURLConnection open(String target, String accept) throws IOException {
        HttpURLConnection call = (HttpURLConnection)
                URI.create("http://" + gateway + "/history/v1" + target).toURL().openConnection();
        call.setRequestProperty("X-API-Key", "rt_test_bench");
        call.setRequestProperty("Accept", accept);
        return call;
    }

    private static String read(HttpURLConnection call) throws IOException {
        if (call.getResponseCode() != 200) {
            InputStream why = call.getErrorStream();
            throw new IOException(call.getURL() + ": " + call.getResponseCode() + " "
                    + (why == null ? "" : new String(why.readAllBytes(), StandardCharsets.UTF_8)));
        }
        // Read to its end, so that the connection serves the next call.
        try (InputStream body = call.getInputStream()) {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private String text(String target) throws IOException {
        return read(open(target, "application/json"));
    }

    private void warmUp(int rounds) throws IOException {
        for (int n = 0; n < rounds; n++) {
            for (Asked asked : queries.values()) {
                // Others than those that are measured.
                ask(asked, requests + n, new Samples(1));
            }
        }
    }

    private void measure(String name, Asked asked) throws IOException {
        Samples samples = new Samples(requests);
        for (int n = 0; n < requests; n++) {
            ask(asked, n, samples);
        }
        samples.print(name);
    }

    private void ask(Asked asked, int n, Samples samples) throws IOException {
        String target = asked.target.apply(n);
        long begun = System.nanoTime();
        HttpURLConnection call = open(target, asked.accept);
        if (asked.firstByte) {
            int first = call.getInputStream().read();
            samples.took(System.nanoTime() - begun, first >= 0 ? 1 : 0);
            call.disconnect();
        } else {
            String body = read(call);
            samples.took(System.nanoTime() - begun, hits(body));
        }
    }

    /** How many events, runs, threads, groups or messages an answer has. */
    private static int hits(String body) {
        for (String each :
                new String[] {"\"offsetMs\":", "\"byteCount\":", "\"runCount\":", "\"durationMs\":{", "\"role\":"}) {
            int hits = body.split(Pattern.quote(each), -1).length - 1;
            if (hits > 0) {
                return hits;
            }
        }
        return 0;
    }
}
