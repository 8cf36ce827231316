package io.runtape.history;

import io.runtape.error.ApiException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where a page of a listing ended: the values that its order goes by, so that the next page begins there whatever came in
 * meanwhile. To a caller it is an opaque word, and one of another listing is refused. It is not signed: a forged one only
 * moves within what its caller may read.
 */
public final class Cursor {

    /** Leads every cursor, so that a later version can tell those of this one. */
    private static final String VERSION = "1";

    private static final String SEPARATOR = "\n";

    private final List<String> fields;

    private Cursor(List<String> fields) {
        this.fields = fields;
    }

    /**
     * The word for a position.
     *
     * @param listing names the listing, what it is a listing of included
     * @param position numbers, times, or ids; none of them holds a line end
     */
    public static String write(String listing, Object... position) {
        String joined = Stream.concat(
                        Stream.of(VERSION, listing), Stream.of(position).map(Cursor::written))
                .collect(Collectors.joining(SEPARATOR));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(joined.getBytes(StandardCharsets.UTF_8));
    }

    private static String written(Object value) {
        return value instanceof Instant time
                ? Long.toString(ChronoUnit.MICROS.between(Instant.EPOCH, time))
                : value.toString();
    }

    /**
     * The position in a word.
     *
     * @throws ApiException 400 where it was not made by this listing
     */
    static Cursor read(String word, String listing, int fields) {
        List<String> parts;
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(word);
            parts = List.of(new String(bytes, StandardCharsets.UTF_8).split(SEPARATOR, -1));
        } catch (IllegalArgumentException e) {
            throw bad();
        }
        boolean fits = parts.size() == fields + 2
                && parts.get(0).equals(VERSION)
                && parts.get(1).equals(listing)
                && parts.stream().noneMatch(part -> part.indexOf('\0') >= 0);
        if (!fits) {
            throw bad();
        }
        return new Cursor(parts.subList(2, parts.size()));
    }

    /** The text at this place, counted from 0. */
    public String text(int at) {
        return fields.get(at);
    }

    /**
     * The number at this place, counted from 0.
     *
     * @throws ApiException 400 where it is none
     */
    public long number(int at) {
        try {
            return Long.parseLong(fields.get(at));
        } catch (NumberFormatException e) {
            throw bad();
        }
    }

    /**
     * The time at this place, counted from 0.
     *
     * @throws ApiException 400 where it is none that a database can be asked for
     */
    public Instant time(int at) {
        Instant time = Instant.EPOCH.plus(number(at), ChronoUnit.MICROS);
        if (!TimeParameter.isStorable(time)) {
            throw bad();
        }
        return time;
    }

    private static ApiException bad() {
        return ApiException.invalid(
                "cursor is not one of this listing. It must be meta.nextCursor of an earlier page of it.");
    }
}
