package io.runtape.dialect;

import io.runtape.dialect.agui.AgUiDialect;
import io.runtape.dialect.aisdk.AiSdkDialect;
import io.runtape.dialect.anthropic.AnthropicDialect;
import io.runtape.dialect.chat.ChatDialect;
import io.runtape.dialect.langgraph.LangGraphDialect;
import io.runtape.dialect.responses.ResponsesDialect;
import io.runtape.dialect.runtools.RunToolsDialect;
import java.util.List;

/** The dialects that the gateway has, for tests without one. */
public final class AllDialects {

    private AllDialects() {}

    /** All of them. */
    public static Dialects dialects() {
        return new Dialects(list());
    }

    /** Each of them. */
    static List<Dialect> list() {
        return List.of(
                new ResponsesDialect(),
                new ChatDialect(),
                new AnthropicDialect(),
                new LangGraphDialect(),
                new AiSdkDialect(),
                new AgUiDialect(),
                new RunToolsDialect());
    }
}
