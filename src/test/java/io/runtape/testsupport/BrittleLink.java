package io.runtape.testsupport;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A way to a TCP server of this machine that breaks when a test says so: requests or answers get lost, then connections are
 * cut. Safe for any thread.
 */
public final class BrittleLink implements AutoCloseable {

    private final int server;
    private final ServerSocket listening;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger connections = new AtomicInteger();
    private volatile int silentThrough;
    private volatile List<String> lostFrom = List.of();
    private volatile boolean losesRequests;
    private volatile boolean losesResponses;
    private volatile String lastRequest;
    private volatile String requestBefore;
    private volatile CountDownLatch lost = new CountDownLatch(1);

    /** Leads to that port. */
    public BrittleLink(int server) throws IOException {
        this.server = server;
        this.listening = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    /** Where it begins. */
    public int port() {
        return listening.getLocalPort();
    }

    /** Loses all that is sent to the server from the next request on that holds one of these texts. */
    public void loseRequestsFrom(String... requests) {
        lostFrom = List.of(requests);
    }

    /** Loses all that the server answers from now on. */
    public void loseResponses() {
        losesResponses = true;
    }

    /** Loses all that the server answers from the next request on that holds this text. */
    public void loseResponsesTo(String request) {
        loseResponsesTo(request, "");
    }

    /**
     * Loses all that the server answers from the next request on that holds this text, on a connection that has sent the
     * other text since it last sent this one: the end of one transaction among those of others.
     */
    public void loseResponsesTo(String request, String before) {
        requestBefore = before;
        lastRequest = request;
    }

    /** Waits until something got lost. */
    public void awaitLoss() throws InterruptedException {
        if (!lost.await(ScriptedUpstream.PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("nothing was sent");
        }
    }

    /**
     * All connections fall silent for good and stay open, as where the other side's host has vanished. Nothing gets lost on new
     * ones, as where another host has taken its place.
     */
    public void vanish() {
        silentThrough = connections.get();
        loseNothing();
    }

    /** Cuts all connections. Nothing more gets lost on new ones. */
    public void cut() throws IOException {
        Set<Socket> broken = Set.copyOf(open);
        for (Socket socket : broken) {
            socket.close();
        }
        loseNothing();
    }

    private void loseNothing() {
        lostFrom = List.of();
        losesRequests = false;
        losesResponses = false;
        lastRequest = null;
        lost = new CountDownLatch(1);
    }

    @Override
    public void close() throws IOException {
        listening.close();
        cut();
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "brittle-link");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (true) {
            try {
                lead(listening.accept());
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void lead(Socket client) throws IOException {
        Socket to;
        try {
            to = new Socket(InetAddress.getLoopbackAddress(), server);
        } catch (IOException away) {
            client.close();
            return;
        }
        open.add(client);
        open.add(to);
        int number = connections.incrementAndGet();
        start(() -> pass(client, to, true, number));
        start(() -> pass(to, client, false, number));
    }

    private void pass(Socket from, Socket to, boolean requests, int number) {
        byte[] some = new byte[64 << 10];
        StringBuilder before = new StringBuilder();
        StringBuilder sent = new StringBuilder();
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(some); n >= 0; n = in.read(some)) {
                if (requests && isLast(before, some, n)) {
                    losesResponses = true;
                }
                if (requests && isFirstLost(sent, some, n)) {
                    losesRequests = true;
                }
                if (number <= silentThrough || (requests ? losesRequests : losesResponses)) {
                    lost.countDown();
                } else {
                    out.write(some, 0, n);
                }
            }
        } catch (IOException cut) {
            // As it is here for.
        } finally {
            open.remove(from);
            open.remove(to);
        }
    }

    private boolean isFirstLost(StringBuilder sent, byte[] request, int length) {
        List<String> texts = lostFrom;
        if (texts.isEmpty()) {
            sent.setLength(0);
            return false;
        }
        sent.append(new String(request, 0, length, ISO_8859_1));
        return texts.stream().anyMatch(text -> sent.indexOf(text) >= 0);
    }

    private boolean isLast(StringBuilder before, byte[] request, int length) {
        String last = lastRequest;
        if (last == null) {
            before.setLength(0);
            return false;
        }
        before.append(new String(request, 0, length, ISO_8859_1));
        int at = before.indexOf(last);
        if (at < 0) {
            return false;
        }
        int other = before.indexOf(requestBefore);
        before.delete(0, at + last.length());
        return other >= 0 && other <= at;
    }
}
