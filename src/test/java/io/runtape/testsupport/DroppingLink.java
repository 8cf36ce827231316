package io.runtape.testsupport;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * A way to a TCP server of this machine that cuts connections in the midst of a response, some by a reset and some by a close.
 * Safe for any thread.
 */
public final class DroppingLink implements AutoCloseable {

    /** How far one connection goes. */
    private interface Limit {

        /** How many of the next {@code n} bytes of the response pass; where that is less than all, the connection is cut. */
        int passes(byte[] bytes, int n);
    }

    private final int server;
    private final Supplier<Limit> limits;
    private final Random random;
    private final ServerSocket listening;
    private final AtomicInteger cuts = new AtomicInteger();
    private final Semaphore cut = new Semaphore(0);

    private DroppingLink(int server, Random random, Supplier<Limit> limits) throws IOException {
        this.server = server;
        this.random = random;
        this.limits = limits;
        this.listening = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    /**
     * Leads to that port, and lets from {@code bytesMin} to below {@code bytesMax} bytes of responses pass a connection. Prints
     * the seed of these numbers.
     */
    public static DroppingLink atRandom(int server, int bytesMin, int bytesMax) throws IOException {
        long seed = System.nanoTime();
        System.out.printf("connections to port %d are cut with seed %d%n", server, seed);
        Random random = new Random(seed);
        return new DroppingLink(server, random, () -> new Budget(random.nextInt(bytesMin, bytesMax)));
    }

    /** Leads to that port, and cuts each connection after these words, which are ASCII. */
    public static DroppingLink after(int server, String words) throws IOException {
        return new DroppingLink(server, new Random(), () -> new Words(words));
    }

    private static final class Budget implements Limit {

        private int left;

        Budget(int bytes) {
            this.left = bytes;
        }

        @Override
        public int passes(byte[] bytes, int n) {
            int passing = Math.min(n, left);
            left -= passing;
            return passing;
        }
    }

    private static final class Words implements Limit {

        private final String words;
        private String passed = "";

        Words(String words) {
            this.words = words;
        }

        @Override
        public int passes(byte[] bytes, int n) {
            String all = passed + new String(bytes, 0, n, ISO_8859_1);
            int at = all.indexOf(words);
            int passing = at < 0 ? n : at + words.length() - passed.length();
            passed = all.substring(Math.max(0, all.length() - words.length()));
            return passing;
        }
    }

    /** Where it begins, without a slash at the end. */
    public String url() {
        return "http://127.0.0.1:" + listening.getLocalPort();
    }

    /** How many connections were cut so far. */
    public int cuts() {
        return cuts.get();
    }

    /** Waits until one more connection was cut than at the calls before. */
    public void awaitCut(Duration within) throws InterruptedException {
        if (!cut.tryAcquire(within.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("no connection was cut");
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "dropping-link");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (true) {
            try {
                Socket client = listening.accept();
                Socket to = new Socket(InetAddress.getLoopbackAddress(), server);
                Limit limit = limits.get();
                boolean byReset = random.nextBoolean();
                start(() -> passRequests(client, to));
                start(() -> passResponses(to, client, limit, byReset));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private static void passRequests(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException cut) {
            // By the other thread, or by the client.
        }
    }

    private void passResponses(Socket from, Socket to, Limit limit, boolean byReset) {
        byte[] some = new byte[4096];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(some); n >= 0; n = in.read(some)) {
                int passing = limit.passes(some, n);
                out.write(some, 0, passing);
                if (passing < n) {
                    to.setSoLinger(byReset, 0);
                    cuts.incrementAndGet();
                    cut.release();
                    return;
                }
            }
        } catch (IOException gone) {
            // The client, or the server.
        }
    }
}
