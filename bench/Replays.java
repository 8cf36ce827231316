import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Replays one run many times at once at speed 1 and tells how far each frame was from its time: when it came less when it was
 * recorded, and less what that is at the median of the replay's frames, which is when the replay began. The replays begin one after the other, evenly over the time between two frames, so that not all frames
 * are due at one moment. One thread reads all connections.
 *
 *   java bench/Replays.java HOST:PORT RUN-ID REPLAYS [MILLISECONDS over which they begin]
 */
final class Replays {

    private static final Pattern OFFSET = Pattern.compile("\"offsetMs\":([0-9.]+)");

    public static void main(String[] args) throws Exception {
        String gateway = args[0];
        String run = args[1];
        int replays = Integer.parseInt(args[2]);
        long overNanos = (args.length > 3 ? Long.parseLong(args[3]) : 1000) * 1_000_000;
        double[] offsets = offsets(gateway, run);
        Selector selector = Selector.open();
        List<Replay> all = new ArrayList<>();
        long begin = System.nanoTime();
        int open = 0;
        ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 16);
        while (all.size() < replays || open > 0) {
            long now = System.nanoTime();
            while (all.size() < replays && now - begin >= overNanos / replays * all.size()) {
                all.add(new Replay(gateway, run, offsets.length, selector));
                open++;
            }
            long wait = all.size() < replays ? Math.max(1, (begin + overNanos / replays * all.size() - now) / 1_000_000) : 1000;
            selector.select(wait);
            for (SelectionKey key : selector.selectedKeys()) {
                if (!((Replay) key.attachment()).read((SocketChannel) key.channel(), buffer)) {
                    key.channel().close();
                    open--;
                }
            }
            selector.selectedKeys().clear();
        }
        report(all, offsets, (System.nanoTime() - begin) / 1e9);
    }

    private static double[] offsets(String gateway, String run) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        List<Double> offsets = new ArrayList<>();
        while (true) {
            String page = client.send(
                            HttpRequest.newBuilder(URI.create("http://" + gateway + "/history/v1/runs/" + run
                                            + "/events?limit=500&after=" + offsets.size()))
                                    .header("X-API-Key", "rt_test_bench")
                                    .header("Accept", "application/json")
                                    .build(),
                            BodyHandlers.ofString())
                    .body();
            int before = offsets.size();
            for (Matcher offset = OFFSET.matcher(page); offset.find(); ) {
                offsets.add(Double.valueOf(offset.group(1)));
            }
            if (offsets.size() == before) {
                return offsets.stream().mapToDouble(Double::doubleValue).toArray();
            }
        }
    }

    /** One replay: when each of its frames came. */
    private static final class Replay {

        private final long[] came;
        private int frames;
        private int last = -1;
        private boolean inBody;

        Replay(String gateway, String run, int count, Selector selector) throws IOException {
            came = new long[count];
            int colon = gateway.indexOf(':');
            SocketChannel channel = SocketChannel.open(
                    new InetSocketAddress(gateway.substring(0, colon), Integer.parseInt(gateway.substring(colon + 1))));
            // HTTP/1.0: the body comes without chunks.
            channel.write(ByteBuffer.wrap(("GET /history/v1/runs/" + run + "/replay HTTP/1.0\r\nHost: " + gateway
                            + "\r\nX-API-Key: rt_test_bench\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII)));
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, this);
        }

        /** Returns false at the end. */
        boolean read(SocketChannel channel, ByteBuffer buffer) throws IOException {
            buffer.clear();
            int length = channel.read(buffer);
            long now = System.nanoTime();
            buffer.flip();
            while (buffer.hasRemaining()) {
                int next = buffer.get();
                if (next == '\r') {
                    continue;
                }
                // An empty line ends the head, then each frame.
                if (next == '\n' && last == '\n') {
                    if (!inBody) {
                        inBody = true;
                    } else if (frames < came.length) {
                        came[frames++] = now;
                    }
                    last = -1;
                } else {
                    last = next;
                }
            }
            return length >= 0;
        }
    }

    private static void report(List<Replay> all, double[] offsets, double seconds) {
        double[] errors = new double[all.size() * offsets.length];
        double[] ends = new double[all.size()];
        double[] firsts = new double[all.size()];
        int n = 0;
        int incomplete = 0;
        for (int i = 0; i < all.size(); i++) {
            Replay replay = all.get(i);
            incomplete += replay.frames == offsets.length ? 0 : 1;
            double[] delays = new double[replay.frames];
            for (int frame = 0; frame < replay.frames; frame++) {
                delays[frame] = replay.came[frame] / 1e6 - offsets[frame];
            }
            double[] sorted = delays.clone();
            Arrays.sort(sorted);
            for (double delay : delays) {
                errors[n++] = delay - of(sorted, 0.5);
            }
            firsts[i] = delays.length == 0 ? 0 : delays[0] - of(sorted, 0.5);
            ends[i] = delays.length == 0 ? 0 : delays[delays.length - 1] - of(sorted, 0.5);
        }
        double[] sizes = Arrays.stream(errors, 0, n).map(Math::abs).sorted().toArray();
        Arrays.sort(ends);
        Arrays.sort(firsts);
        System.out.printf(
                "replays %d  frames %d  seconds %.1f  incomplete %d  error_ms p50 %.3f  p99 %.3f  p999 %.3f  max %.3f"
                        + "  first_frame_ms p50 %.3f  max %.3f  last_frame_ms p50 %.3f  max %.3f%n",
                all.size(),
                offsets.length,
                seconds,
                incomplete,
                of(sizes, 0.5),
                of(sizes, 0.99),
                of(sizes, 0.999),
                of(sizes, 1),
                of(firsts, 0.5),
                of(firsts, 1),
                of(ends, 0.5),
                of(ends, 1));
    }

    private static double of(double[] sorted, double part) {
        return sorted.length == 0 ? Double.NaN : sorted[(int) Math.min(sorted.length - 1, sorted.length * part)];
    }
}
