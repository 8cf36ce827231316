package io.runtape.clients;

import java.util.List;

/** The cases of OpenAI's chat completions that every client of them reads. */
interface ChatCases extends JavaApi {

    @Override
    default String text() {
        return "openai-chat/text.case";
    }

    @Override
    default List<String> bodies() {
        return List.of("openai-chat/body.case");
    }

    @Override
    default String failing() {
        return "openai-chat/error-numeric-then-chunks.case";
    }
}
