import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * What the run with a number asks for and says: always the same, so that the fake agent API, the load and the queries agree
 * without telling each other. The words are as frequent as those of a language: the n-th takes a share like 1 / n. Besides them a
 * run has {@code rareN}, which one in {@link #RARE} runs has, and {@code onlyN}, which no other run has.
 */
final class Story {

    static final int AGENTS = 12;
    static final int MODELS = 4;
    static final int USERS = 500;
    static final int RARE = 1000;
    static final String[] TOOLS = {
        "shell", "read_file", "edit_file", "browse", "search", "fetch", "plan", "test", "deploy"
    };

    private static final int WORDS = 20_000;
    private static final String[] SYLLABLES = {
        "ba", "co", "di", "fe", "ga", "hu", "ja", "ke", "li", "mo", "na", "pe", "qui", "ro", "sa", "tu", "va", "we",
        "xi", "zo"
    };
    private static final int[] WORD_OF_SHARE = shares();

    private Story() {}

    /** The n-th most frequent word, from 0 on. */
    static String word(int n) {
        StringBuilder word = new StringBuilder();
        // Two syllables at least: short words are no frequent ones here, only their number counts.
        for (int rest = n + SYLLABLES.length; rest > 0; rest /= SYLLABLES.length) {
            word.append(SYLLABLES[rest % SYLLABLES.length]);
        }
        return word.toString();
    }

    private static int[] shares() {
        int[] words = new int[1 << 16];
        double all = 0;
        for (int n = 1; n <= WORDS; n++) {
            all += 1.0 / n;
        }
        double sum = 0;
        for (int n = 1, at = 0; n <= WORDS; n++) {
            sum += 1.0 / n;
            for (; at < words.length && at <= sum / all * words.length; at++) {
                words[at] = n - 1;
            }
        }
        return words;
    }

    private static String word(Random random) {
        int at = random.nextInt(WORD_OF_SHARE.length);
        // The last share is that of all the words that are too rare for one of their own.
        return word(at > WORD_OF_SHARE.length * 15 / 16 ? random.nextInt(WORDS) : WORD_OF_SHARE[at]);
    }

    static String agent(int run) {
        return "agent-" + run % AGENTS;
    }

    static String model(int run) {
        return "model-" + run / AGENTS % MODELS;
    }

    /** Every fifth run goes to an agent API with a name. */
    static String path(int run) {
        return run % 5 == 0 ? "/other/v1/run" : "/v1/run";
    }

    /** Three runs a thread. */
    static String thread(int run) {
        return "thr_history_" + run / 3;
    }

    static String request(int run) {
        return "{\"agent\":\"" + agent(run) + "\",\"model\":\"" + model(run) + "\",\"stream\":true,\"threadId\":\""
                + thread(run)
                + "\",\"metadata\":{\"branch\":\"" + (run % 4 == 0 ? "dev" : "main") + "\",\"user\":" + run % USERS
                + "},\"prompt\":\"" + prompt(run) + "\"}";
    }

    private static String prompt(int run) {
        Random random = new Random(~run);
        StringBuilder prompt = new StringBuilder("Please look into only" + run + " and rare" + run % RARE + ": ");
        for (int i = 0; i < 30; i++) {
            prompt.append(word(random)).append(' ');
        }
        return prompt.append("and tell what came of it.").toString();
    }

    /** Its stream of events, one frame each. One run in 25 fails, one in 100 is cancelled. */
    static List<byte[]> events(int run, int count) {
        Random random = new Random(run);
        List<byte[]> events = new ArrayList<>(count);
        add(events, "run_started", "{\"agent\":\"" + agent(run) + "\",\"executionMode\":\"sandbox\"}");
        int calls = 0;
        while (events.size() < count - 2) {
            int left = count - 2 - events.size();
            if (left >= 20 && random.nextInt(3) == 0) {
                tool(events, random, ++calls, 2 + random.nextInt(10));
            } else {
                String kind = random.nextInt(4) == 0 ? "assistant_thinking_delta" : "assistant_message_delta";
                for (int words = Math.min(left, 10 + random.nextInt(60)); words > 0; words--) {
                    add(events, kind, "{\"delta\":\"" + word(random) + (words == 1 ? ". " : " ") + "\"}");
                }
            }
        }
        String result = "Done with " + word(random) + " " + word(random) + ", all of it is green.";
        add(events, "assistant_message_delta", "{\"delta\":\"" + result + "\"}");
        String usage = "\"usage\":{\"inputTokens\":" + (1000 + random.nextInt(20_000)) + ",\"outputTokens\":" + count
                + "},\"iterations\":" + (calls + 1);
        if (run % 25 == 7) {
            String code = new String[] {"busy", "tool_error", "context_length"}[run / 25 % 3];
            add(
                    events,
                    "run_failed",
                    "{\"error\":{\"code\":\"" + code + "\",\"message\":\"It ended early.\"}," + usage + "}");
        } else if (run % 100 == 8) {
            add(events, "run_cancelled", "{" + usage + "}");
        } else {
            add(events, "run_completed", "{\"result\":\"" + result + "\"," + usage + "}");
        }
        return events;
    }

    private static void tool(List<byte[]> events, Random random, int call, int lines) {
        // Each is half as frequent as the one before, so that the last is rare.
        String tool = TOOLS[Math.min(TOOLS.length - 1, Integer.numberOfLeadingZeros(random.nextInt() | 1))];
        String id = "\"toolCallId\":\"call_" + call + "\"";
        add(
                events,
                "tool_call",
                "{" + id + ",\"name\":\"" + tool + "\",\"arguments\":{\"target\":\"src/" + word(random) + "/"
                        + word(random) + ".java\",\"depth\":" + random.nextInt(9) + "}}");
        StringBuilder output = new StringBuilder();
        for (int i = 0; i < lines; i++) {
            String line = i + " " + word(random) + " " + word(random) + " (" + random.nextInt(1000) + " ms)\\n";
            output.append(line);
            add(events, "tool_output_delta", "{" + id + ",\"stream\":\"stdout\",\"delta\":\"" + line + "\"}");
        }
        add(
                events,
                "tool_result",
                "{" + id + ",\"name\":\"" + tool + "\",\"output\":\"" + output + "\",\"exitCode\":0}");
    }

    private static void add(List<byte[]> events, String type, String data) {
        events.add(("event: " + type + "\ndata: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
    }
}
