package io.runtape.testsupport;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/**
 * An agent API that says what a test tells it to, byte for byte. A call is answered by the script that its {@code X-Script}
 * header names, else by the one that {@link #next} put in line, else with 599. Keeps its connections open between calls.
 *
 * <p>A thread a connection, so that a script may wait. Safe for any thread.
 */
public final class ScriptedUpstream implements AutoCloseable {

    /** How long a test waits for what should happen at once. */
    public static final Duration PATIENCE = Duration.ofSeconds(30);

    /** The header that names a script. */
    public static final String HEADER = "X-Script";

    /** How long the clients of the connections have to see that they end, before these are closed in mid-word. */
    private static final Duration LAST_WORD = Duration.ofSeconds(1);

    private static final AtomicInteger NAMES = new AtomicInteger();

    private static ScriptedUpstream shared;

    private final Map<String, Scripted> scripts = new ConcurrentHashMap<>();
    private final BlockingQueue<Scripted> line = new LinkedBlockingQueue<>();
    private final Map<Socket, Thread> open = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<ReceivedCall> received = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<String> clients = new ConcurrentLinkedQueue<>();
    private final Sockets sockets;
    private final String scheme;
    private final int port;
    private final Socket placeholder;
    private ServerSocket server;
    private Thread accepting;

    /** Makes sockets that are not bound yet. */
    @FunctionalInterface
    private interface Sockets {
        ServerSocket make() throws IOException;
    }

    /** Listens at a port of its own. */
    public ScriptedUpstream() {
        this("http", ServerSocket::new);
    }

    private ScriptedUpstream(String scheme, Sockets sockets) {
        this.scheme = scheme;
        this.sockets = sockets;
        this.server = listen(0);
        this.port = server.getLocalPort();
        this.placeholder = placeholder(port);
    }

    /** Listens so for TLS. */
    public static ScriptedUpstream overTls(SSLContext tls) {
        return new ScriptedUpstream("https", () -> tls.getServerSocketFactory().createServerSocket());
    }

    /** Listens so for TLS, and takes only clients that show a certificate. */
    public static ScriptedUpstream overMutualTls(SSLContext tls) {
        return new ScriptedUpstream("https", () -> {
            SSLServerSocket socket =
                    (SSLServerSocket) tls.getServerSocketFactory().createServerSocket();
            socket.setNeedClientAuth(true);
            return socket;
        });
    }

    /** The one in front of which the application under test runs. */
    public static synchronized ScriptedUpstream shared() {
        if (shared == null) {
            shared = new ScriptedUpstream();
        }
        return shared;
    }

    private ServerSocket listen(int at) {
        try {
            ServerSocket socket = bound(at, 1000);
            beginToAccept(socket);
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ServerSocket bound(int at, int backlog) throws IOException {
        ServerSocket socket = sockets.make();
        socket.setReuseAddress(true);
        if (socket.supportedOptions().contains(StandardSocketOptions.SO_REUSEPORT)) {
            socket.setOption(StandardSocketOptions.SO_REUSEPORT, true);
        }
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), at), backlog);
        return socket;
    }

    /** Keeps a port beside who listens there: between two listeners, the system gives it to nobody else. */
    private static Socket placeholder(int port) {
        Socket socket = new Socket();
        try {
            socket.setReuseAddress(true);
            if (socket.supportedOptions().contains(StandardSocketOptions.SO_REUSEPORT)) {
                socket.setOption(StandardSocketOptions.SO_REUSEPORT, true);
            }
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void beginToAccept(ServerSocket socket) {
        accepting = new Thread(() -> accept(socket), "scripted-upstream");
        accepting.setDaemon(true);
        accepting.start();
    }

    public int port() {
        return port;
    }

    /** Its origin. */
    public String url() {
        return scheme + "://127.0.0.1:" + port;
    }

    /** Adds a script that is run when a request is whole. */
    public Scripted on(Script script) {
        return add(script, false);
    }

    /** Adds a script that is run at the head of a request, and reads the body by itself. */
    public Scripted onHead(Script script) {
        return add(script, true);
    }

    private Scripted add(Script script, boolean atHead) {
        Scripted added = new Scripted("script-" + NAMES.incrementAndGet(), script, atHead);
        scripts.put(added.name, added);
        return added;
    }

    /** Puts a script in line for a call that names none. */
    public Scripted next(Script script) {
        Scripted added = new Scripted("in line", script, false);
        line.add(added);
        return added;
    }

    /** All calls that came, in order. */
    public List<ReceivedCall> received() {
        return List.copyOf(received);
    }

    /** Whose certificates the calls that came were made with, in order; those of mutual TLS alone. */
    public List<String> clients() {
        return List.copyOf(clients);
    }

    /** Whether somebody is connected. */
    public boolean hasConnection() {
        return !open.isEmpty();
    }

    /**
     * Refuses connections from now on, and closes those that are open. Keeps the port, so that nobody else is connected
     * there. When it returns, a client that waited for nothing has seen that its connection is closed, and sends its next
     * call through none of them.
     */
    public synchronized void refuse() {
        try {
            server.close();
            // The system listens for as long as a thread is in accept, and that thread may still come back with a
            // socket.
            accepting.join();
            Map<Socket, Thread> closing = Map.copyOf(open);
            for (Socket socket : closing.keySet()) {
                endOutput(socket);
            }
            long deadline = System.nanoTime() + LAST_WORD.toNanos();
            for (Thread serving : closing.values()) {
                serving.join(Math.max(
                        1, Duration.ofNanos(deadline - System.nanoTime()).toMillis()));
            }
            for (Socket socket : closing.keySet()) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void endOutput(Socket socket) {
        try {
            socket.shutdownOutput();
        } catch (IOException closed) {
            // Its client has gone already.
        }
    }

    /** Closes the open connections, and keeps whoever connects waiting for as long as the task runs. */
    public synchronized void keepWaiting(Callable<?> task) throws Exception {
        refuse();
        server = bound(port, 1);
        List<Socket> queued = fillQueue();
        try {
            task.call();
        } finally {
            for (Socket socket : queued) {
                server.accept().close();
                socket.close();
            }
        }
        beginToAccept(server);
    }

    /** Takes up the system's queue of connections that wait to be accepted, so that it lets nobody else in. */
    private List<Socket> fillQueue() throws IOException {
        List<Socket> queued = new ArrayList<>();
        while (true) {
            Socket socket = new Socket();
            try {
                socket.connect(server.getLocalSocketAddress(), 300);
                queued.add(socket);
            } catch (SocketTimeoutException full) {
                socket.close();
                return queued;
            }
        }
    }

    /** Takes connections again, at the same port. */
    public synchronized void acceptAgain() {
        if (server.isClosed()) {
            server = listen(port);
        }
    }

    @Override
    public void close() {
        refuse();
        try {
            placeholder.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept(ServerSocket from) {
        while (true) {
            try {
                Socket socket = from.accept();
                Thread serving = new Thread(() -> serve(socket), "scripted-upstream-connection");
                serving.setDaemon(true);
                open.put(socket, serving);
                serving.start();
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream());
            while (serveOne(socket, in)) {
                // The connection takes the next call.
            }
        } catch (IOException peerGone) {
            // As tests do all the time.
        } finally {
            open.remove(socket);
        }
    }

    private boolean serveOne(Socket socket, InputStream in) throws IOException {
        Optional<RawHead> head = RawHead.read(in);
        if (head.isEmpty()) {
            return false;
        }
        Scripted scripted = scriptOf(head.get());
        BodyReader body = BodyReader.ofRequest(head.get(), in);
        ReceivedCall call = new ReceivedCall(head.get(), scripted.atHead ? new byte[0] : body.readAll());
        received.add(call);
        if (socket instanceof SSLSocket tls && tls.getNeedClientAuth()) {
            clients.add(tls.getSession().getPeerPrincipal().getName());
        }
        scripted.calls.add(call);
        Exchange exchange = new Exchange(socket, call, body);
        try {
            scripted.script.answer(exchange);
        } catch (Exception | AssertionError e) {
            scripted.failures.add(e);
            return false;
        } finally {
            scripted.done.add(call);
        }
        if (exchange.whole()) {
            body.readAll();
        }
        return exchange.whole() && !socket.isClosed();
    }

    private Scripted scriptOf(RawHead head) {
        List<String> named = head.values(HEADER);
        Scripted scripted = named.isEmpty() ? line.poll() : scripts.get(named.get(0));
        return scripted == null ? new Scripted("none", Script.whole(599, new byte[0]), false) : scripted;
    }

    /** A script, and the calls that it answered. */
    public static final class Scripted {

        private final String name;
        private final Script script;
        private final boolean atHead;
        private final BlockingQueue<ReceivedCall> calls = new LinkedBlockingQueue<>();
        private final BlockingQueue<ReceivedCall> done = new LinkedBlockingQueue<>();
        private final List<Throwable> failures = new CopyOnWriteArrayList<>();

        private Scripted(String name, Script script, boolean atHead) {
            this.name = name;
            this.script = script;
            this.atHead = atHead;
        }

        /** The header line that a call names this script with. */
        public String header() {
            return HEADER + ": " + name;
        }

        /** The next call that this script was run for; waits for it. */
        public ReceivedCall call() throws InterruptedException {
            return next(calls, "no call came");
        }

        /** Waits until the script has been run for its next call; returns what it threw, if it did. */
        public Optional<Throwable> done() throws InterruptedException {
            next(done, "the script is not done");
            return failures.isEmpty() ? Optional.empty() : Optional.of(failures.get(failures.size() - 1));
        }

        /** Whether no call has come that {@link #call} has not returned. */
        public boolean isUncalled() {
            return calls.isEmpty();
        }

        private static ReceivedCall next(BlockingQueue<ReceivedCall> queue, String otherwise)
                throws InterruptedException {
            ReceivedCall call = queue.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            if (call == null) {
                throw new AssertionError(otherwise);
            }
            return call;
        }
    }
}
