package io.runtape.history;

import io.runtape.error.ApiException;
import io.runtape.store.EpochMicros;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The position at which a page of a listing ended: the values of the listing's order. So the next page begins there,
 * whatever rows have come meanwhile. Callers see an opaque word, and a listing refuses the cursor of another one. The
 * word is not signed: a forged cursor only moves within what its caller may read. What must not be seen is sealed before.
 */
public final class Cursor {

    /** Leads every cursor, so that a later version can recognise the cursors of this one. */
    private static final String VERSION = "1";

    private static final String SEPARATOR = "\n";

    private final List<String> fields;

    private Cursor(List<String> fields) {
        this.fields = fields;
    }

    /**
     * Writes a position as a word.
     *
     * @param listing names the listing, including the thing whose items it lists
     * @param position numbers, times or ids, without line ends
     */
    public static String write(String listing, Object... position) {
        String joined = Stream.concat(
                        Stream.of(VERSION, listing), Stream.of(position).map(Cursor::written))
                .collect(Collectors.joining(SEPARATOR));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(joined.getBytes(StandardCharsets.UTF_8));
    }

    private static String written(Object value) {
        return value instanceof Instant time ? Long.toString(EpochMicros.of(time)) : value.toString();
    }

    /**
     * Reads the position from a word.
     *
     * @throws ApiException 400 if another listing made the word
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

    /** The text at this index, counted from 0. */
    public String text(int at) {
        return fields.get(at);
    }

    /**
     * The number at this index, counted from 0.
     *
     * @throws ApiException 400 if the field is no number
     */
    public long number(int at) {
        try {
            return Long.parseLong(fields.get(at));
        } catch (NumberFormatException e) {
            throw bad();
        }
    }

    /**
     * The time at this index, counted from 0.
     *
     * @throws ApiException 400 if the field is no time, or no time that a database can take
     */
    public Instant time(int at) {
        Instant time = Instant.EPOCH.plus(number(at), ChronoUnit.MICROS);
        if (!TimeParameter.isStorable(time)) {
            throw bad();
        }
        return time;
    }

    /** 400: the cursor is not one of the listing. */
    public static ApiException bad() {
        return ApiException.invalid(
                "cursor is not one of this listing. It must be meta.nextCursor of an earlier page of it.");
    }
}
