package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;

/** A part of a message in a request that is not its text: an image, a sound, a file or a document, in the forms of the agent APIs. */
public final class Attachment {

    private static final Set<String> TYPES = Set.of(
            "image",
            "image_url",
            "input_image",
            "audio",
            "input_audio",
            "video",
            "video_url",
            "file",
            "input_file",
            "document",
            "binary");

    /** Where its content stands, or its address. */
    private static final List<String> CONTENTS = List.of(
            "source",
            "source_type",
            "data",
            "base64",
            "media_type",
            "mimeType",
            "mime_type",
            "image_url",
            "input_audio",
            "video_url",
            "file",
            "file_data",
            "file_id",
            "file_url",
            "mediaType");

    /** Where the name of a file stands. */
    private static final List<String> NAMES = List.of("/filename", "/file/filename", "/title", "/name");

    private Attachment() {}

    /**
     * What a reader gets to see of a part: the text of a text document, else the file's name or the part's type in brackets. Empty if
     * the part is no attachment.
     */
    static String shown(JsonNode part) {
        String type = part.path("type").asText("");
        if (!TYPES.contains(type)) {
            return "";
        }
        JsonNode source = part.path("source");
        String sort = source.path("type").asText("");
        String text = sort.equals("text") ? source.path("data").asText("") : "";
        text = sort.equals("content") ? Payload.text(source.path("content")) : text;
        return text.isEmpty() ? named(name(part, type)) : text;
    }

    /** Whether the part has what its type says: the content of a file, or where that is. */
    static boolean isOne(JsonNode part) {
        return TYPES.contains(part.path("type").asText(""))
                && CONTENTS.stream().anyMatch(name -> Json.isGiven(part.path(name)));
    }

    private static String name(JsonNode part, String type) {
        for (String at : NAMES) {
            String name = part.at(at).asText("");
            if (!name.isBlank()) {
                return name;
            }
        }
        return type;
    }

    /** Whether what a reader gets to see is no more than the part's type, such as {@code [image]}. */
    public static boolean isPlaceholder(String shown) {
        return shown.startsWith("[") && shown.endsWith("]") && TYPES.contains(shown.substring(1, shown.length() - 1));
    }

    /** A name that stands for what it names. */
    static String named(String name) {
        return '[' + name + ']';
    }
}
