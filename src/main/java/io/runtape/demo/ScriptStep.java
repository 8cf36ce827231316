package io.runtape.demo;

import io.vertx.core.json.JsonObject;

/**
 * One event of a scripted run.
 *
 * @param pauseMillis how long the agent seems to work before it; 0 for none
 * @param event its type
 * @param data its payload
 */
record ScriptStep(int pauseMillis, String event, JsonObject data) {}
