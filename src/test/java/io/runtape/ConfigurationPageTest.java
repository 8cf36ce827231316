package io.runtape;

import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds the page of settings to the settings that the code reads, and every other page to the page of settings. */
class ConfigurationPageTest {

    private static final Path PAGE = Path.of("docs/reference/configuration.md");
    private static final String UNSET = "unset";

    /** Has settings that do not exist, on purpose; MisspellingsIT holds it to those that do. */
    private static final Path MISSPELLINGS = Path.of("docs/reference/misspellings.md");

    /** A row of a table: the setting, then its default, either in code or the word unset. */
    private static final Pattern ROW =
            Pattern.compile("\\| `(RUNTAPE_(?:[A-Z_]|<NAME>)+)` \\| (?:`([^`]+)`|" + UNSET + ")[^|]* \\|.*");

    private static final Pattern NAME = Pattern.compile("\\bRUNTAPE_[A-Z_]*[A-Z]\\b");

    /** The settings of an agent API whose name an operator chooses. */
    private static final Pattern NAMED = Pattern.compile("^RUNTAPE_(UPSTREAMS|RETENTION_RULES)_[A-Z0-9]+_");

    /** Not a setting: where docker/compose.yaml takes the password from that it gives to both containers. */
    private static final Set<String> OF_THE_SHELL = Set.of("RUNTAPE_DATABASE_PASSWORD");

    @Test
    void thePageHasTheSettingsThatThereAreWithTheirDefaults() {
        Map<String, String> settings = settings();

        Map<String, String> documented = documented();

        assertFalse(settings.isEmpty());
        assertEquals(settings, documented);
    }

    @Test
    void noPageNamesASettingThatDoesNotExist() throws IOException {
        Set<String> known = new TreeSet<>(settings().keySet());
        known.addAll(OF_THE_SHELL);
        Map<String, Set<String>> unknown = new TreeMap<>();

        for (Path page : pages()) {
            Set<String> named = NAME.matcher(Files.readString(page))
                    .results()
                    .map(MatchResult::group)
                    .filter(name -> !known.contains(NAMED.matcher(name).replaceFirst("RUNTAPE_$1_<NAME>_")))
                    .collect(toCollection(TreeSet::new));
            if (!named.isEmpty()) {
                unknown.put(page.toString(), named);
            }
        }

        assertEquals(Map.of(), unknown);
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> docs = Files.walk(Path.of("docs"));
                Stream<Path> docker = Files.walk(Path.of("docker"))) {
            return Stream.concat(Stream.of(Path.of("README.md")), Stream.concat(docs, docker))
                    .filter(Files::isRegularFile)
                    .filter(page ->
                            !page.equals(MISSPELLINGS) && !page.toString().endsWith(".png"))
                    .toList();
        }
    }

    /** The settings of all interfaces that map some, by the name of their environment variable. */
    static Map<String, String> settings() {
        Map<String, String> settings = new TreeMap<>();
        new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("io.runtape").stream()
                        .filter(type -> type.isAnnotatedWith(ConfigMapping.class))
                        .map(JavaClass::reflect)
                        .map(ConfigClass::configClass)
                        .map(ConfigMappings::getProperties)
                        .forEach(properties -> properties.forEach((name, property) -> settings.merge(
                                environmentVariable(name),
                                property.hasDefaultValue() ? property.getDefaultValue() : UNSET,
                                (one, other) -> one.equals(other) ? one : one + " and " + other)));
        // A list is also named by its items.
        settings.keySet().removeIf(name -> name.endsWith("_"));
        return settings;
    }

    private static String environmentVariable(String property) {
        return property.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9*]", "_").replace("*", "<NAME>");
    }

    private static Map<String, String> documented() {
        try (Stream<String> lines = Files.lines(PAGE)) {
            Map<String, String> documented = new TreeMap<>();
            lines.map(ROW::matcher)
                    .filter(row -> row.matches())
                    .forEach(row -> documented.put(row.group(1), row.group(2) == null ? UNSET : row.group(2)));
            return documented;
        } catch (IOException e) {
            throw new AssertionError("The page cannot be read", e);
        }
    }
}
