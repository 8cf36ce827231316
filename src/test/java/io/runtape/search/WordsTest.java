package io.runtape.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.error.ApiException;
import io.runtape.segment.Document;
import io.runtape.segment.Segment;
import io.runtape.segment.SegmentKind;
import io.runtape.segment.TermBlocks;
import io.runtape.segment.TermQuery;
import io.runtape.segment.TermSearch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts as words, queries as words, and what a segment keeps of them. */
class WordsTest {

    static List<SearchCases.Case> cases() {
        return SearchCases.ALL;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void matchesAsTheTableSays(SearchCases.Case one) {
        Optional<List<Highlight>> found =
                Matching.of(SearchQuery.of(one.query()), List.of(new Passage(Place.TEXT, 1, one.text())), "run_1");

        assertEquals(one.found(), found.isPresent());
    }

    /** What a segment finds is a superset of what matches, so a case that is found must be among it. */
    @ParameterizedTest
    @MethodSource("cases")
    void findsInASegmentWhatMatches(SearchCases.Case one) {
        List<Document> documents = new ArrayList<>();
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i < SearchCases.ALL.size(); i++) {
            Document document = new Document(1000 + i, i);
            documents.add(document);
            segments.add(Segment.of(
                    Map.of(document, terms(SearchCases.ALL.get(i).text(), Pairs.values()[i % 3])), SegmentKind.WORDS));
        }
        Segment merged = Segment.merged(segments, Set.of(3L), SegmentKind.WORDS);
        byte[] written = Segment.written(merged.documents());
        List<Document> kept = Segment.documents(written);
        TermBlocks blocks = merged.terms();
        TermSearch search = new TermSearch(
                new WordQuery(SearchQuery.of(one.query())), TermBlocks.directory(blocks.writtenDirectory()));
        search.blocks().forEach(block -> search.read(blocks.contents().get(block)));

        Set<String> found = new HashSet<>();
        Segment.documents(written, search.runs())
                .forEachRemaining(document ->
                        found.add(SearchCases.ALL.get((int) document.runPk()).text()));

        assertTrue(documents.containsAll(kept));
        assertEquals(documents.size() - 1, kept.size());
        if (one.found()) {
            assertTrue(found.contains(one.text()), found::toString);
        }
    }

    /** Which terms for pairs a version has put into segments. */
    private enum Pairs {
        NOW,
        EARLIER,
        NONE
    }

    private static Set<String> terms(String text, Pairs pairs) {
        List<Word> words = Words.of(text);
        Set<String> terms = words.stream().map(Word::term).collect(Collectors.toSet());
        if (pairs == Pairs.NOW) {
            terms.add(RunMarks.PAIRS);
            WordPairs.add(words, terms);
        } else if (pairs == Pairs.EARLIER) {
            terms.add(RunMarks.EARLIER_PAIRS);
            for (int i = 1; i < words.size(); i++) {
                terms.add(WordPairs.earlierTerm(
                        words.get(i - 1).term(), words.get(i).term()));
            }
        }
        return terms;
    }

    @ParameterizedTest
    @EnumSource(
            value = Pairs.class,
            names = {"NOW", "EARLIER"})
    void findsNoPhraseWhereItsWordsStandApart(Pairs pairs) {
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            String text = i % 100 == 0 ? "a blue whale " + i : "a whale that is blue " + i;
            segments.add(Segment.of(Map.of(new Document(1000 + i, i), terms(text, pairs)), SegmentKind.WORDS));
        }
        Segment merged = Segment.merged(segments, Set.of(), SegmentKind.WORDS);
        Set<Long> found = found(merged, "\"blue whale\"");

        assertTrue(found.containsAll(Set.of(0L, 100L)), found::toString);
        assertTrue(found.size() < 30, found::toString);
    }

    private static Set<Long> found(Segment segment, String query) {
        TermSearch search = new TermSearch(
                new WordQuery(SearchQuery.of(query)), segment.terms().directory());
        search.blocks().forEach(block -> search.read(segment.terms().contents().get(block)));
        return search.runs().stream()
                .mapToObj(place -> segment.documents().get(place).runPk())
                .collect(Collectors.toSet());
    }

    /** Terms that a run has no longer are in its segment until that is made anew, so they leave it out of no search. */
    @Test
    void leavesOutRunsThatHaveAWordForSure() {
        Set<String> before = terms("a green light", Pairs.NOW);
        Set<String> again = terms("a red light", Pairs.NOW);
        again.add(RunMarks.AGAIN);
        List<Segment> segments = List.of(
                Segment.of(Map.of(new Document(1000, 1), before), SegmentKind.WORDS),
                Segment.of(Map.of(new Document(1000, 1), again), SegmentKind.WORDS),
                Segment.of(Map.of(new Document(1001, 2), terms("a green light", Pairs.NOW)), SegmentKind.WORDS),
                Segment.of(Map.of(new Document(1002, 3), terms("a green light", Pairs.EARLIER)), SegmentKind.WORDS),
                Segment.of(Map.of(new Document(1003, 4), terms("a blue light", Pairs.NOW)), SegmentKind.WORDS));
        Segment merged = Segment.merged(segments, Set.of(), SegmentKind.WORDS);

        assertEquals(Set.of(1L, 3L, 4L), found(merged, "light -green"));
        assertEquals(Set.of(1L, 2L, 3L, 4L), found(merged, "light -\"green light\""));
        assertEquals(Set.of(1L, 2L, 3L, 4L), found(merged, "light -gree*"));
        assertEquals(Set.of(), found(segments.get(0), "light -green"));
        assertEquals(Set.of(1L), found(segments.get(1), "light -green"));
    }

    /** Nearly all runs have a word that begins with a given letter, and its terms are in many blocks. */
    @Test
    void looksUpNoWordsThatBeginWithALetter() {
        assertEquals(List.of("don"), lookedUp("don't*"));
        assertEquals(List.of("3", "50"), lookedUp("3.50*"));
        assertEquals(List.of("x", "\u6771"), lookedUp("x\u6771"));
    }

    private static List<String> lookedUp(String query) {
        return new WordQuery(SearchQuery.of(query))
                .terms().stream()
                        .map(TermQuery.Wanted::term)
                        .filter(term -> Character.isLetterOrDigit(term.charAt(0)))
                        .toList();
    }

    @Test
    void keepsEveryTermOfALargeSegment() {
        Random random = new Random(7);
        TreeMap<String, int[]> postings = new TreeMap<>();
        for (int i = 0; i < 20_000; i++) {
            int[] places = random.ints(1 + random.nextInt(5), 0, 4096)
                    .sorted()
                    .distinct()
                    .toArray();
            postings.put(Integer.toString(random.nextInt(1_000_000), 36) + (i % 9 == 0 ? "🎉" : ""), places);
        }
        TermBlocks.Writer writer = new TermBlocks.Writer(false);
        postings.forEach(writer::add);
        TermBlocks blocks = writer.written();

        assertTrue(blocks.contents().size() > 20);
        for (var entry : postings.entrySet()) {
            TermSearch search = new TermSearch(
                    new WordQuery(SearchQuery.of(entry.getKey().replace("🎉", " 🎉"))), blocks.directory());
            if (!entry.getKey().endsWith("🎉")) {
                assertEquals(1, search.blocks().size());
                search.blocks().forEach(block -> search.read(blocks.contents().get(block)));
                assertEquals(
                        Arrays.stream(entry.getValue()).boxed().toList(),
                        search.runs().stream().boxed().toList());
            }
        }
        TermSearch beginnings = new TermSearch(new WordQuery(SearchQuery.of("zz*")), blocks.directory());
        beginnings.blocks().forEach(block -> beginnings.read(blocks.contents().get(block)));
        assertEquals(
                postings.subMap("zz", "zz\uffff").values().stream()
                        .flatMapToInt(Arrays::stream)
                        .distinct()
                        .count(),
                beginnings.runs().cardinality());
    }

    @Test
    void tellsWhereWordsStandInTheText() {
        String text = "Ist die Straße \uD83C\uDF89 ﬁnal? 東京都へ";

        assertEquals(
                List.of(
                        "ist 0-3",
                        "die 4-7",
                        "strasse 8-14",
                        "\uD83C\uDF89 15-17",
                        "final 18-22",
                        "東京 24-26",
                        "京都 25-27",
                        "都へ 26-28",
                        "へ 27-28"),
                Words.of(text).stream()
                        .map(word -> word.term() + " " + word.from() + "-" + word.to())
                        .toList());
    }

    /** What needs no folding is folded to what separates too: indexes of before have the same words. */
    @Test
    void separatesAtPlainPunctuationAsFoldingDoes() {
        int plain = 0;
        for (char c = 0x80; c < 0xD800; c++) {
            if (Folding.isPlain(c)) {
                plain++;
                Folding.folded(Character.toString(c))
                        .codePoints()
                        .forEach(each -> assertEquals(Folding.Kind.SEPARATOR, Folding.kind(each)));
            }
        }
        assertEquals(8, plain);
    }

    /** Plain characters are taken a word at once, and others one by one: full-width ones mean the same, and are as long. */
    @Test
    void takesPlainWordsAsItTakesTheSameInFullWidth() {
        String[] pieces = {
            "a",
            "Zebra",
            "7",
            " ",
            "  ",
            "-",
            ".",
            "_",
            "\u0301",
            "\u4E2D",
            "\u6587",
            "\u2019",
            "\u00E9",
            "\uD83D\uDE00",
            "x".repeat(40),
            "-".repeat(9)
        };
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int j = random.nextInt(12); j >= 0; j--) {
                text.append(pieces[random.nextInt(pieces.length)]);
            }
            assertEquals(Words.of(fullWidth(text.toString())), Words.of(text.toString()), text.toString());
        }
    }

    private static String fullWidth(String text) {
        StringBuilder wide = new StringBuilder();
        for (char c : text.toCharArray()) {
            wide.append(c == ' ' ? '\u3000' : c < 0x80 ? (char) (c + 0xFEE0) : c);
        }
        return wide.toString();
    }

    @Test
    void givesTheSameWordsWhicheverIsAskedForFirst() {
        for (SearchCases.Case one : SearchCases.ALL) {
            List<Word> all = Words.of(one.text());
            Words forward = new Words(one.text());
            for (int i = 0; i < all.size(); i++) {
                assertEquals(all.get(i), forward.get(i));
                assertEquals(all.get(i), new Words(one.text()).get(i));
            }
            assertNull(forward.get(all.size()));
        }
    }

    @Test
    void marksWhatItFoundInAFragment() {
        String text = "word ".repeat(100) + "the needle in 東京都 and the needle " + "word ".repeat(100);
        Highlight found = Matching.of(
                        SearchQuery.of("needle 京 \"京都\""), List.of(new Passage(Place.RESULT, 5, text)), "run_1")
                .orElseThrow()
                .get(0);

        assertEquals(
                List.of("needle", "京都", "needle"),
                found.matches().stream()
                        .map(match -> found.fragment().substring(match.get(0), match.get(1)))
                        .toList());
        assertTrue(found.fragment().length() <= 200 && found.fragment().startsWith("word"), found.fragment());
        assertEquals(5L, found.sequence());
    }

    /** Some kana are two characters of a text. */
    @ParameterizedTest
    @CsvSource({
        "ガイド, ガ, ガ",
        "ｶﾞｲﾄﾞ, ガ, ｶﾞ",
        "ｶﾞｲﾄﾞ, ド, ﾄﾞ",
        "か\u3099いど, が, か\u3099",
        "か\u3099いど, がい, か\u3099い",
        "学生, 学, 学"
    })
    void marksACharacterWithItsMarks(String text, String q, String marked) {
        Highlight found = Matching.of(SearchQuery.of(q), List.of(new Passage(Place.TEXT, 1, text)), null)
                .orElseThrow()
                .get(0);

        assertEquals(
                List.of(marked),
                found.matches().stream()
                        .map(match -> found.fragment().substring(match.get(0), match.get(1)))
                        .toList());
    }

    /** Only words around what may be a match are cut: what is between must make no difference. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "ab",
                "\"ab cd\"",
                "ab*",
                "ab cd",
                "\"京都\"",
                "ab 東京",
                "\"ab ab\"",
                "\"cd a\u0301b\"",
                "b3",
                "2",
                "c",
                "トル"
            })
    void marksEachMatchThatAllWordsHave(String q) {
        SearchQuery query = SearchQuery.of(q);
        String[] pieces = {
            "ab", "cd", "AB", "Cd", "ef", "abc", "xab", "b3", "½", "℃", "㍍", "東京都", "京", "á", "\u0301", " ", " ", " ",
            "-", ". ", "é"
        };
        Random random = new Random(11);
        int hits = 0;
        for (int i = 0; i < 20_000; i++) {
            StringBuilder built = new StringBuilder();
            for (int j = random.nextInt(14); j >= 0; j--) {
                built.append(pieces[random.nextInt(pieces.length)]);
            }
            String text = built.toString();
            List<Passage> passages = List.of(new Passage(Place.TEXT, 1, text));
            Optional<List<Highlight>> found = Matching.of(query, passages, null);
            if (found.isPresent()) {
                hits++;
                List<List<Integer>> matches = found.get().get(0).matches();
                List<String> marked = matches.stream()
                        .map(match -> found.get().get(0).fragment().substring(match.get(0), match.get(1)))
                        .toList();
                assertEquals(matches(query, text), marked, text);
            }
        }
        assertTrue(hits > 50, hits + " hits");
    }

    /** The words of a text are let go while others are compared: what comes later must find the same. */
    @ParameterizedTest
    @ValueSource(strings = {"ab cd", "ab -cd", "\"ab cd\" ef", "ef* ab \"cd ab\"", "\u6771\u4eac ab -\"ef ef\""})
    void findsWhatStandsInSeveralTexts(String q) {
        SearchQuery query = SearchQuery.of(q);
        String[] pieces = {"ab", "cd", "ef", "efg", "\u6771\u4eac", "x", " ", " ", " ", "\u00e9"};
        Random random = new Random(13);
        int hits = 0;
        for (int i = 0; i < 10_000; i++) {
            List<Passage> passages = new ArrayList<>();
            for (int j = 0; j < 4; j++) {
                StringBuilder text = new StringBuilder();
                for (int k = random.nextInt(7); k >= 0; k--) {
                    text.append(pieces[random.nextInt(pieces.length)]);
                }
                passages.add(new Passage(Place.TEXT, j, text.toString()));
            }
            boolean expected = query.wanted().stream().allMatch(phrase -> isInAny(phrase, passages))
                    && query.unwanted().stream().noneMatch(phrase -> isInAny(phrase, passages));

            Optional<List<Highlight>> found = Matching.of(query, passages, null);

            assertEquals(expected, found.isPresent(), passages::toString);
            assertEquals(expected, Matching.matches(query, passages, chars -> {}), passages::toString);
            for (Highlight each : found.orElse(List.of())) {
                hits++;
                String text = passages.get(each.sequence() == null ? 0 : (int) (long) each.sequence())
                        .text();
                assertEquals(
                        matches(query, text),
                        each.matches().stream()
                                .map(match -> each.fragment().substring(match.get(0), match.get(1)))
                                .toList(),
                        text);
            }
        }
        assertTrue(hits > 50, hits + " hits");
    }

    private static boolean isInAny(SearchQuery.Phrase phrase, List<Passage> passages) {
        return passages.stream().anyMatch(passage -> phrase.isIn(new Words(passage.text())));
    }

    /** The matches in a text, those that touch as one. */
    private static List<String> matches(SearchQuery query, String text) {
        Words words = new Words(text);
        List<int[]> found = new ArrayList<>();
        for (int i = 0; words.get(i) != null; i++) {
            for (SearchQuery.Phrase phrase : query.wanted()) {
                if (phrase.isAt(words, i)) {
                    int from = words.get(i).from();
                    int to = words.get(i + phrase.terms().size() - 1).to();
                    if (!found.isEmpty() && from <= found.get(found.size() - 1)[1]) {
                        found.get(found.size() - 1)[1] = Math.max(to, found.get(found.size() - 1)[1]);
                    } else {
                        found.add(new int[] {from, to});
                    }
                }
            }
        }
        return found.stream().map(match -> text.substring(match[0], match[1])).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "-green", "& -", "\"", "\"open", "a*", "-a*", ".a*", "*", "\"\""})
    void refusesWhatFindsNothing(String query) {
        assertThrows(ApiException.class, () -> SearchQuery.of(query));
    }

    @Test
    void refusesWhatIsTooLong() {
        SearchQuery.of("x".repeat(SearchQuery.CHARS_MAX));
        SearchQuery.of("xx ".repeat(SearchQuery.PHRASES_MAX));

        assertThrows(ApiException.class, () -> SearchQuery.of("x".repeat(SearchQuery.CHARS_MAX + 1)));
        assertThrows(ApiException.class, () -> SearchQuery.of("xx ".repeat(SearchQuery.PHRASES_MAX + 1)));
        assertThrows(ApiException.class, () -> SearchQuery.of("\"" + "x ".repeat(SearchQuery.WORDS_MAX + 1) + "\""));
    }

    /** What is not cut takes a thousandth of the time, and counts a little. */
    @ParameterizedTest
    @CsvSource({"word, 2000", "的, 60000"})
    void cutsLatinTextsOnlyAroundWhatIsLookedFor(String filler, long charsMax) {
        String text = (filler.length() == 1 ? filler : filler + ' ')
                .repeat(60_000 / filler.length())
                .substring(0, 60_000);
        long[] cut = {0};
        List<Passage> passages = List.of(new Passage(Place.TEXT, 1, text + " needle in it"));

        assertTrue(Matching.of(SearchQuery.of("needle"), passages, null, chars -> cut[0] += chars)
                .isPresent());

        assertTrue(cut[0] > 0 && cut[0] <= charsMax + " needle in it".length(), cut[0] + " characters were cut");
    }

    /**
     * Hundreds of thousands of places where a word may stand and does not, before the first one where it does: with a look at all of
     * the rest for each of them this would take days.
     */
    @ParameterizedTest
    @ValueSource(strings = {"", "\u00e9"})
    void looksThroughALongTextOnceForEachPhrase(String between) {
        String q = IntStream.rangeClosed(2, 20).mapToObj(i -> "w" + i).collect(Collectors.joining(" ", "a ", ""));
        List<Passage> passages = List.of(
                new Passage(Place.PROMPT, 0, q),
                new Passage(Place.RESULT, 0, "ab ".repeat(700_000) + between + " w20"));

        List<Highlight> found = Matching.of(SearchQuery.of(q), passages, null).orElseThrow();

        assertEquals(20, found.get(0).matches().size());
        assertEquals(
                List.of("w20"),
                found.get(1).matches().stream()
                        .map(match -> found.get(1).fragment().substring(match.get(0), match.get(1)))
                        .toList());
    }

    /** Nearly everywhere in such texts stands nearly all of what is looked for, so that each place takes long to tell. */
    @ParameterizedTest
    @CsvSource({"'a ', 30000, b, 59, 100000", "a, 60000, b, 62, 1800"})
    void countsWhatItComparesWithoutCuttingIt(String piece, int pieces, String last, int before, long least) {
        String q = "\"" + piece.repeat(before) + last + "\"";
        List<Passage> passages = List.of(
                new Passage(Place.PROMPT, 0, piece.repeat(pieces)), new Passage(Place.TEXT, 1, "an end, and " + q));
        long[] work = {0};

        assertTrue(Matching.of(SearchQuery.of(q), passages, null, chars -> work[0] += chars)
                .isPresent());

        assertTrue(work[0] > least, "only " + work[0] + " characters count");
    }

    /** What touches is one match, however long it is: no more of it is cut into words than is shown. */
    @Test
    void cutsNoMoreOfALongMatchThanItShows() {
        long[] cut = {0};
        List<Passage> passages = List.of(new Passage(Place.TEXT, 1, "a ".repeat(30_000)));

        Highlight found = Matching.of(SearchQuery.of("\"a a\""), passages, null, chars -> cut[0] += chars)
                .orElseThrow()
                .get(0);

        assertEquals(1, found.matches().size());
        assertTrue(found.fragment().length() <= 400, found.fragment());
        assertTrue(cut[0] < 1000, cut[0] + " characters were cut");
    }
}
