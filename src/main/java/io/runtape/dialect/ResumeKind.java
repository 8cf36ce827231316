package io.runtape.dialect;

/**
 * What a client of an agent API asks for when it reads a run again. Where a path may be of several kinds, it is of the
 * first one here.
 */
public enum ResumeKind {

    /** An OpenAI response: the whole of it, or its events. */
    RESPONSE,

    /** The events of a LangGraph run. */
    RUN_STREAM,

    /** The last state of a LangGraph run, once the run has ended. */
    RUN_STATE,

    /** The events of the live run of a chat of the AI SDK. */
    CHAT_STREAM
}
