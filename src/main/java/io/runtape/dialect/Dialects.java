package io.runtape.dialect;

/** Chooses the dialect of a run. */
public final class Dialects {
    private static final Dialect RUN_TOOLS = new RunToolsDialect();
    private static final Dialect UNKNOWN = new UnknownDialect();

    private Dialects() {}

    /**
     * The dialect of a path of the agent API. {@code /v1/run} and {@code /v1/agents/{agent}/run}, also under a prefix,
     * speak RunTools; for other paths only the text of the events is known.
     */
    public static Dialect at(String path) {
        return path.endsWith("/run") ? RUN_TOOLS : UNKNOWN;
    }
}
