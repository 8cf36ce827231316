package io.runtape.testsupport;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Ports for servers that cannot look for one by themselves, and that a test may have start again at the same one. */
final class FreePort {

    /** Below those that the system hands out: no other process is given the port before its server begins to listen. */
    private static final int FIRST = 12_000;

    private static final int END = 20_000;

    private FreePort() {}

    /** A port of this machine that nobody listens at. */
    static int next() throws IOException {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, END);
            try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return free.getLocalPort();
            } catch (BindException taken) {
                // Another one, then.
            }
        }
    }
}
