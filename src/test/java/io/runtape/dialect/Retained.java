package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/** About how many bytes an object of ours holds, with all texts and collections that it reaches. */
final class Retained {

    private static final int BYTES_OF_AN_OBJECT = 50;

    private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());

    private Retained() {}

    static long bytes(Object holder) throws IllegalAccessException {
        return new Retained().of(holder);
    }

    private long of(Object value) throws IllegalAccessException {
        if (value == null || !seen.add(value)) {
            return 0;
        }
        long bytes = BYTES_OF_AN_OBJECT;
        if (value instanceof CharSequence text) {
            return bytes + text.length();
        }
        if (value instanceof JsonNode node) {
            return bytes + node.toString().length();
        }
        if (value instanceof Map<?, ?> map) {
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                bytes += BYTES_OF_AN_OBJECT + of(entry.getKey()) + of(entry.getValue());
            }
            return bytes;
        }
        if (value instanceof Collection<?> all) {
            for (Object each : all) {
                bytes += of(each);
            }
            return bytes;
        }
        for (Class<?> type = value.getClass(); isOurs(type); type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
                    field.setAccessible(true);
                    bytes += of(field.get(value));
                }
            }
        }
        return bytes;
    }

    private static boolean isOurs(Class<?> type) {
        return type != null && type.getName().startsWith("io.runtape.") && !type.isHidden();
    }
}
