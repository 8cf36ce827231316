package io.runtape.facet;

import io.runtape.dialect.OpenAiItem;
import io.runtape.dialect.Part;
import io.runtape.indexing.EndedRun;
import io.runtape.store.StorableText;
import io.runtape.transcript.PlacedPart;
import java.util.LinkedHashSet;
import java.util.Set;

/** The tools that a run called. */
public final class CalledTools {

    /** More than any agent has. */
    private static final int TOOLS_MAX = 100;

    private static final int NAME_CHARS_MAX = 200;

    private CalledTools() {}

    /**
     * Their names, each once, the first 100 of them. Neither calls that only the request tells of, from earlier runs, nor those that
     * wait for a person's word, count: the run that makes the call has it.
     */
    public static Set<String> of(EndedRun run) {
        Set<String> tools = new LinkedHashSet<>();
        for (PlacedPart placed : run.parts()) {
            if (!placed.asked()
                    && placed.part() instanceof Part.ToolCall call
                    && !call.name().isEmpty()
                    && !OpenAiItem.isApproval(call.id())
                    && tools.size() < TOOLS_MAX) {
                tools.add(cut(call.name()));
            }
        }
        return tools;
    }

    /** The part of a name that is kept. */
    public static String cut(String name) {
        return StorableText.of(name, NAME_CHARS_MAX);
    }
}
