package io.runtape.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.cluster.Announcement.Kind;
import io.runtape.cluster.Announcement.Word;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What gateways tell each other comes across whole, and what is no announcement does no harm. */
class AnnouncementTest {

    private static List<Word> read(String payload, long self) {
        List<Word> words = new ArrayList<>();
        Announcement.read(payload, self, words::add);
        return words;
    }

    @Test
    void everyKindComesAcross() {
        List<Word> said = List.of(
                Kind.WRITTEN.of(7L << 40 | 12),
                Kind.ENDED.of(Long.MAX_VALUE),
                Kind.JOINED.of(-123456),
                Kind.CANCEL.of(1),
                Kind.BEGUN.of(7));

        List<String> payloads = Announcement.payloads(7, said);

        assertEquals(1, payloads.size());
        assertEquals(said, read(payloads.get(0), 8));
    }

    @Test
    void nobodyHearsItself() {
        assertEquals(
                List.of(),
                read(Announcement.payloads(7, List.of(Kind.CANCEL.of(1))).get(0), 7));
    }

    @Test
    void nothingIsSaidWhereThereIsNothing() {
        assertEquals(List.of(), Announcement.payloads(7, List.of()));
    }

    @Test
    void asManyPayloadsAsItTakes() {
        List<Word> said = LongStream.range(0, 10_000)
                .mapToObj(i -> Kind.WRITTEN.of(1L << 50 | i))
                .toList();

        List<String> payloads = Announcement.payloads(3, said);

        assertTrue(payloads.size() > 1);
        assertTrue(payloads.stream().allMatch(payload -> payload.length() < 8000), "PostgreSQL's bound");
        assertEquals(
                said,
                payloads.stream().flatMap(payload -> read(payload, 4).stream()).toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "hello", "3 ", "3 +", "3 x1", "3 +!", "3  +1", "zzzzzzzzzzzzzzzzzzzzzzzz +1"})
    void whatIsNoAnnouncementDoesNoHarm(String payload) {
        assertEquals(List.of(), read(payload, 4));
    }
}
