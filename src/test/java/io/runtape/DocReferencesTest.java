package io.runtape;

import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Comments refer to a page of the docs by its path and a heading, and that heading is there. */
class DocReferencesTest {

    private static final Path SOURCES = Path.of("src", "main", "java");

    /** A path, then a heading in quotation marks: {@code docs/concepts.md, "Words"}. */
    private static final Pattern REFERENCE = Pattern.compile("(docs/[a-z/-]+\\.md), \"([^\"]+)\"");

    /** The end of a line of a comment and the beginning of the next one, which may cut a reference in two. */
    private static final Pattern LINE_OF_COMMENT = Pattern.compile("\\s*\\n\\s*(\\*|//) ");

    private record Reference(Path source, Path page, String heading) {
        boolean isKept() {
            try {
                return Files.exists(page)
                        && Files.readAllLines(page).stream()
                                .anyMatch(line -> line.matches("#+ " + Pattern.quote(heading)));
            } catch (IOException e) {
                throw new AssertionError(page + " cannot be read", e);
            }
        }
    }

    @Test
    void everyHeadingThatACommentNamesIsThere() throws IOException {
        List<Reference> references = references();

        Set<String> gone = references.stream()
                .filter(reference -> !reference.isKept())
                .map(Reference::toString)
                .collect(toCollection(TreeSet::new));

        assertFalse(references.isEmpty());
        assertEquals(Set.of(), gone);
    }

    private static List<Reference> references() throws IOException {
        try (Stream<Path> sources = Files.walk(SOURCES)) {
            return sources.filter(source -> source.toString().endsWith(".java"))
                    .flatMap(DocReferencesTest::in)
                    .toList();
        }
    }

    private static Stream<Reference> in(Path source) {
        try {
            String text = LINE_OF_COMMENT.matcher(Files.readString(source)).replaceAll(" ");
            return REFERENCE
                    .matcher(text)
                    .results()
                    .map((MatchResult found) -> new Reference(source, Path.of(found.group(1)), found.group(2)));
        } catch (IOException e) {
            throw new AssertionError(source + " cannot be read", e);
        }
    }
}
