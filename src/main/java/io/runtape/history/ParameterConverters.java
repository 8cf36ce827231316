package io.runtape.history;

import io.runtape.error.ApiException;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.ws.rs.ext.ParamConverter;
import jakarta.ws.rs.ext.ParamConverterProvider;
import jakarta.ws.rs.ext.Provider;
import java.lang.annotation.Annotation;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/**
 * Reads the query parameters that {@link RestQuery} names, and reads them strictly. A value that is not allowed is
 * refused with the parameter's name and the allowed values; it is never ignored. Other code has already refused unknown
 * parameters, and second values of a parameter that takes one. A parameter whose annotation has no name is not
 * converted: it stays text.
 *
 * <p>Converts texts, {@code true} and {@code false}, times, whole numbers from {@link Min}, whose message says what is
 * allowed, to {@link Max}, and the constants of an enum in lower case. Each may also be an {@link Optional} or a list.
 */
@Provider
public final class ParameterConverters implements ParamConverterProvider {

    @Override
    public <T> @Nullable ParamConverter<T> getConverter(Class<T> type, Type generic, Annotation[] annotations) {
        String name = find(RestQuery.class, annotations).map(RestQuery::value).orElse("");
        if (name.isEmpty()) {
            return null;
        }
        Class<?> read = generic instanceof ParameterizedType optional && type == Optional.class
                ? (Class<?>) optional.getActualTypeArguments()[0]
                : type;
        @SuppressWarnings("unchecked")
        Function<String, T> reader = (Function<String, T>) reader(name, read, annotations);
        return new Converter<>(text -> reader.apply(withoutNull(name, text)));
    }

    private static <A extends Annotation> Optional<A> find(Class<A> type, Annotation[] annotations) {
        return Stream.of(annotations).filter(type::isInstance).map(type::cast).findFirst();
    }

    private static Function<String, ?> reader(String name, Class<?> type, Annotation[] annotations) {
        if (type == String.class) {
            return Function.identity();
        }
        if (type == Boolean.class) {
            return oneOf(name, Map.of("true", true, "false", false), "true, false");
        }
        if (type == Instant.class) {
            return text -> TimeParameter.read(name, text);
        }
        if (type == int.class || type == long.class || type == Long.class) {
            Min min = find(Min.class, annotations).orElseThrow();
            long max = find(Max.class, annotations).map(Max::value).orElse(Long.MAX_VALUE);
            Function<Long, Object> narrow = type == int.class ? Math::toIntExact : number -> number;
            return text -> narrow.apply(
                    number(text, min.value(), max).orElseThrow(() -> ApiException.invalid(name + " " + min.message())));
        }
        Map<String, Object> constants = new LinkedHashMap<>();
        for (Object constant : type.getEnumConstants()) {
            constants.put(((Enum<?>) constant).name().toLowerCase(Locale.ROOT), constant);
        }
        return oneOf(name, constants, String.join(", ", constants.keySet()));
    }

    private static Function<String, Object> oneOf(String name, Map<String, Object> allowed, String listed) {
        return text -> Optional.ofNullable(allowed.get(text))
                .orElseThrow(() -> ApiException.invalid(name + " must be one of: " + listed + "."));
    }

    private static Optional<Long> number(String text, long min, long max) {
        if (text.isEmpty() || text.length() > 19 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return Optional.empty();
        }
        try {
            return Optional.of(Long.parseLong(text)).filter(number -> number >= min && number <= max);
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static String withoutNull(String name, String text) {
        if (text.indexOf('\0') >= 0) {
            throw ApiException.invalid(name + " must not hold the character U+0000.");
        }
        return text;
    }

    /** Converts one parameter. */
    private record Converter<T>(Function<String, T> reader) implements ParamConverter<T> {

        @Override
        public T fromString(String text) {
            return reader.apply(text);
        }

        @Override
        public String toString(T value) {
            return value.toString();
        }
    }
}
