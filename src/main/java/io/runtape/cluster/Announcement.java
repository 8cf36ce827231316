package io.runtape.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What gateways announce to each other through the database's notifications: words separated by spaces, the sender's
 * node first. Each word is a sign and a number in base 36. Notifications may get lost, so each is only a hint to look.
 */
final class Announcement {

    private static final String CHANNEL = "runtape.";

    /** PostgreSQL's bound of a payload is 7,999 bytes. */
    private static final int LENGTH_MAX = 7900;

    /** What an announcement can say, by its sign. */
    enum Kind {
        /** A run has more frames; its key follows. */
        WRITTEN('+'),
        /** A run has ended; its key follows. */
        ENDED('.'),
        /** A run has joined a thread; the thread's hash follows. */
        JOINED('@'),
        /** A run's gateway must cancel it; the run's key follows. */
        CANCEL('-'),
        /** A gateway has started; its node follows. */
        BEGUN('*');

        private final char sign;

        Kind(char sign) {
            this.sign = sign;
        }

        Word of(long number) {
            return new Word(this, number);
        }
    }

    /** One word of an announcement. */
    record Word(Kind kind, long number) {

        private static Word parse(String text) {
            for (Kind kind : Kind.values()) {
                if (text.charAt(0) == kind.sign) {
                    return kind.of(Long.parseLong(text.substring(1), 36));
                }
            }
            throw new NumberFormatException("no such sign");
        }

        @Override
        public String toString() {
            return kind.sign + Long.toString(number, 36);
        }
    }

    private Announcement() {}

    /** The channel of all gateways of a schema: channels belong to a database, which may have several schemas. */
    static String channel(String schema) {
        return CHANNEL + schema;
    }

    /** The payloads with these words, as few as fit. */
    static List<String> payloads(long sender, Iterable<Word> words) {
        List<String> payloads = new ArrayList<>();
        String start = Long.toString(sender, 36);
        StringBuilder payload = new StringBuilder(start);
        for (Word word : words) {
            String text = word.toString();
            if (payload.length() + 1 + text.length() > LENGTH_MAX) {
                payloads.add(payload.toString());
                payload = new StringBuilder(start);
            }
            payload.append(' ').append(text);
        }
        if (payload.length() > start.length()) {
            payloads.add(payload.toString());
        }
        return payloads;
    }

    /**
     * Passes each word of a payload to the reader, unless this gateway sent it. Ignores payloads that are not
     * announcements.
     */
    static void read(String payload, long self, Consumer<Word> reader) {
        String[] words = payload.split(" ", -1);
        try {
            if (Long.parseLong(words[0], 36) == self) {
                return;
            }
            for (int i = 1; i < words.length; i++) {
                reader.accept(Word.parse(words[i]));
            }
        } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
            // Anybody who may connect to the database can notify on any channel.
            return;
        }
    }
}
