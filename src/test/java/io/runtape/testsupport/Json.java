package io.runtape.testsupport;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A JSON document, looked into by paths such as {@code data[0].usage.inputTokens}. They mean what they mean to REST Assured: behind
 * an array, {@code data.id} is the list of what each element has there; {@code [-1]} is the last element; what is missing is null.
 * REST Assured compiles a script for each look, which took a twelfth of the tests' processor time. Immutable.
 */
public final class Json {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Object root;

    private Json(Object root) {
        this.root = root;
    }

    /** Reads the document. */
    public static Json of(String text) {
        try {
            return new Json(MAPPER.readValue(text, Object.class));
        } catch (JsonProcessingException e) {
            throw new AssertionError("no JSON: " + text, e);
        }
    }

    /** The whole document. */
    @Override
    public String toString() {
        return String.valueOf(root);
    }

    /** What is there: a string, an Integer or a Long, a Double, a Boolean, a List, a Map, or null. */
    @SuppressWarnings("unchecked") // what a test takes it for, as with REST Assured
    public <T> T get(String path) {
        return (T) at(path);
    }

    /** As text, whatever it is; null if it is missing. */
    public String getString(String path) {
        Object found = at(path);
        return found == null ? null : found.toString();
    }

    public int getInt(String path) {
        return Math.toIntExact(getLong(path));
    }

    public long getLong(String path) {
        Number found = get(path);
        if (found instanceof Double) {
            throw new AssertionError(path + " is no whole number: " + found);
        }
        return found.longValue();
    }

    public double getDouble(String path) {
        Number found = get(path);
        return found.doubleValue();
    }

    public boolean getBoolean(String path) {
        return get(path);
    }

    /** The list that is there; null if it is missing. */
    public <T> List<T> getList(String path) {
        return get(path);
    }

    /** The same, of elements of this type: numbers as that type has them, and anything as text. */
    public <T> List<T> getList(String path, Class<T> type) {
        List<Object> found = get(path);
        return found == null ? null : found.stream().map(each -> as(type, each)).toList();
    }

    /** The object that is there; null if it is missing. */
    public <V> Map<String, V> getMap(String path) {
        return get(path);
    }

    private static <T> T as(Class<T> type, Object value) {
        return MAPPER.convertValue(value, type);
    }

    private Object at(String path) {
        Object found = root;
        // data[0].id has the steps data, [0] and id.
        for (String step : path.replace("[", ".[").split("\\.")) {
            found = step.startsWith("[")
                    ? element(found, Integer.parseInt(step.substring(1, step.length() - 1)))
                    : member(found, step);
        }
        return found;
    }

    private static Object element(Object of, int index) {
        if (!(of instanceof List<?> list)) {
            return null;
        }
        int from = index < 0 ? list.size() + index : index;
        return from >= 0 && from < list.size() ? list.get(from) : null;
    }

    private static Object member(Object of, String name) {
        if (of instanceof List<?> list) {
            Stream<Object> members = list.stream().map(each -> member(each, name));
            return Arrays.asList(members.toArray());
        }
        return of instanceof Map<?, ?> map ? map.get(name) : null;
    }
}
