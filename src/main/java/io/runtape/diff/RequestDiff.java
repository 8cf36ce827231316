package io.runtape.diff;

import io.runtape.server.memory.ReadOnceList;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What two runs were asked. */
@Schema(
        description = "What the runs were asked.",
        requiredProperties = {"equal", "tooLong", "messages", "members"})
record RequestDiff(
        @Schema(
                description = "Whether no message and no member differs, and all members were compared.",
                examples = "false")
        boolean equal,

        @Schema(
                description =
                        "Whether there were too many messages to set them beside each other: those between the first"
                                + " and the last difference are then told as removed and added.",
                examples = "false")
        boolean tooLong,

        @Schema(
                description = "The prompts or messages of both requests, wherever their agent APIs have them, and"
                        + " then what users said while the runs went on.")
        List<AskedDiff> messages,

        @Schema(
                nullable = true,
                description = "The other members of the requests' JSON that differ; null where one of the requests is"
                        + " deleted, and then they do not count. A member with messages is among them if it differs while"
                        + " the texts of all messages are the same.")
        @Nullable
        List<MemberDiff> members) {

    /** @param messages are read once, as {@code members} are */
    RequestDiff {
        messages = ReadOnceList.of(messages);
        members = members == null ? null : ReadOnceList.of(members);
    }
}
