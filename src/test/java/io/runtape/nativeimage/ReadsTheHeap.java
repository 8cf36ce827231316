package io.runtape.nativeimage;

final class ReadsTheHeap {

    static final long BOUND = Math.min(16L << 20, Runtime.getRuntime().maxMemory() / 64);

    private ReadsTheHeap() {}
}
