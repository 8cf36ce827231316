package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;

/** What an item of OpenAI's Responses API is, in a response or in a request. */
public final class OpenAiItem {

    /** How the types of calls end, and those of their outputs. */
    private static final String CALL = "_call";

    private static final String CALL_OUTPUT = "_call_output";

    /** A call that waits for a person's word. */
    private static final String APPROVAL = "mcp_approval_request";

    /** How the ids of such calls begin, and no others. */
    private static final String APPROVAL_ID = "mcpr_";

    /** Tools that OpenAI runs itself, and whose calls may end without a word about what came of them. */
    private static final Set<String> HOSTED =
            Set.of("web_search_call", "file_search_call", "image_generation_call", "code_interpreter_call");

    private OpenAiItem() {}

    /** Whether an item of this type is a call of a tool. */
    public static boolean isCall(String type) {
        return type.endsWith(CALL) || type.equals(APPROVAL);
    }

    /** Whether the call with this id only asks for a person's word. Once that is given, the call is made with an id of its own. */
    public static boolean isApproval(String callId) {
        return callId.startsWith(APPROVAL_ID);
    }

    /** Whether an item of this type is the output of a call. */
    public static boolean isOutput(String type) {
        return type.endsWith(CALL_OUTPUT);
    }

    /** The tool that calls of this type are of, where the item has no name. */
    public static String tool(String type) {
        return type.endsWith(CALL) ? type.substring(0, type.length() - CALL.length()) : type;
    }

    /** Whether it is a call that has ended, although it has no result. */
    public static boolean endsWithoutResult(JsonNode item) {
        return HOSTED.contains(item.path("type").asText(""))
                && item.path("status").asText("").equals("completed");
    }
}
