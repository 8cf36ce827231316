package io.runtape.testsupport;

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

/**
 * A way to a TCP server of this machine that cuts each connection after a random number of answered bytes, some by a reset and
 * some by a close in the midst of the answer. Prints its seed. Safe for any thread.
 */
public final class DroppingLink implements AutoCloseable {

    private final int server;
    private final int bytesMin;
    private final int bytesMax;
    private final Random random;
    private final ServerSocket listening;
    private final AtomicInteger cuts = new AtomicInteger();
    private final Semaphore cut = new Semaphore(0);

    /** Leads to that port, and lets from {@code bytesMin} to below {@code bytesMax} bytes of answers pass a connection. */
    public DroppingLink(int server, int bytesMin, int bytesMax) throws IOException {
        this.server = server;
        this.bytesMin = bytesMin;
        this.bytesMax = bytesMax;
        long seed = System.nanoTime();
        this.random = new Random(seed);
        this.listening = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        System.out.printf("connections to port %d are cut with seed %d%n", server, seed);
        start(this::accept);
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
                int budget = random.nextInt(bytesMin, bytesMax);
                boolean byReset = random.nextBoolean();
                start(() -> passRequests(client, to));
                start(() -> passAnswers(to, client, budget, byReset));
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

    private void passAnswers(Socket from, Socket to, int budget, boolean byReset) {
        byte[] some = new byte[4096];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            int left = budget;
            for (int n = in.read(some); n >= 0; n = in.read(some)) {
                out.write(some, 0, Math.min(n, left));
                left -= n;
                if (left < 0) {
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
