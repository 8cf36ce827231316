package io.runtape.error;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Describes a caller's mistake, from exceptions whose own messages quote the request and must not be sent. */
final class RefusalMessage {
    // How much of a path or a field's name a message repeats: enough for the caller to recognise it.
    private static final int QUOTED_MAX = 200;

    private static final String TOKEN = "[A-Za-z0-9!#$%&'*+.^_`|~-]+";

    private static final String MEDIA_TYPE =
            "\\s*" + TOKEN + "/" + TOKEN + "\\s*(;\\s*" + TOKEN + "(=" + TOKEN + ")?\\s*)*";

    private static final Pattern ACCEPT = Pattern.compile(MEDIA_TYPE + "(," + MEDIA_TYPE + ")*");

    private RefusalMessage() {}

    static String noSuchPath(String path) {
        return "There is nothing at " + shortened(path) + ".";
    }

    static String methodNotAllowed(String method, String path, Collection<String> served) {
        return "The method " + shortened(method) + " is not allowed at " + shortened(path) + "." + allowed(served);
    }

    static String notAcceptable(Collection<String> served) {
        return "None of the media types in Accept is served here." + allowed(served);
    }

    /** Of a request whose head or parameters the framework cannot read; mostly it is {@code Accept}. */
    static String unreadable(@Nullable String accept, Collection<String> served) {
        return accept == null || ACCEPT.matcher(accept).matches()
                ? "The request cannot be read."
                : "Accept cannot be read: it must be a list of media types without quoted values, such as application/json."
                        + allowed(served);
    }

    static String unsupportedType(Collection<String> read) {
        return "The Content-Type is not one that is read here." + allowed(read);
    }

    private static String allowed(Collection<String> names) {
        return names.isEmpty() ? "" : " Allowed: " + String.join(", ", names) + ".";
    }

    /** Names the place of the mistake in a JSON body, and the type that belongs there. */
    static String badJson(JsonProcessingException failure) {
        if (failure instanceof MismatchedInputException mismatch) {
            String field = field(mismatch.getPath());
            String wanted = wanted(mismatch.getTargetType());
            return field.isEmpty()
                    ? "The body must be " + wanted + "."
                    : "The field " + field + " of the body must be " + wanted + ".";
        }
        JsonLocation place = failure.getLocation();
        return place == null
                ? "The body is not valid JSON."
                : "The body is not valid JSON at line " + place.getLineNr() + ", column " + place.getColumnNr() + ".";
    }

    private static String field(List<JsonMappingException.Reference> path) {
        String joined = path.stream()
                .map(step -> step.getFieldName() == null ? "[" + step.getIndex() + "]" : "." + step.getFieldName())
                .collect(Collectors.joining());
        return shortened(joined.startsWith(".") ? joined.substring(1) : joined);
    }

    private static String wanted(@Nullable Class<?> type) {
        if (type == null) {
            return "of another type";
        }
        if (type == String.class) {
            return "a string";
        }
        if (type == Boolean.class || type == boolean.class) {
            return "true or false";
        }
        if (Number.class.isAssignableFrom(type) || type.isPrimitive()) {
            return "a number";
        }
        if (type.isArray() || Iterable.class.isAssignableFrom(type)) {
            return "an array";
        }
        return type.isEnum() || type.getName().startsWith("java.time") ? "of another form" : "an object";
    }

    private static String shortened(String text) {
        return text.length() <= QUOTED_MAX ? text : text.substring(0, QUOTED_MAX) + "…";
    }
}
