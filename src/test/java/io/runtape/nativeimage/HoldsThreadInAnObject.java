package io.runtape.nativeimage;

final class HoldsThreadInAnObject {

    static final Inner INNER = new Inner(new Inmost(new Thread("runtape-fixture")));

    private HoldsThreadInAnObject() {}

    record Inner(Inmost inmost) {}

    record Inmost(Thread thread) {}
}
