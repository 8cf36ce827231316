package io.runtape;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Future;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds the code to the table of packages in docs/internals/architecture.md, and to what that page says below it. */
class ArchitectureTest {

    private static final Path PAGE = Path.of("docs/internals/architecture.md");
    private static final String ROOT = "io.runtape";

    /** These packages hold the store's statements; every other one asks them. */
    private static final String[] STORING = in(
            "store",
            "run",
            "journal.sql",
            "cluster",
            "idempotency",
            "cancel",
            "background",
            "ticket",
            "pack",
            "retention",
            "archive",
            "indexing",
            "search",
            "segment",
            "facet",
            "stats",
            "mock",
            "move",
            "history");

    /** These ask run, each in a transaction of its own, and have rows written and read, which may fail. */
    private static final String[] READING = in("journal", "delivery", "resume", "transcript", "diff");

    /** Their code runs on event loops, where one wait holds up thousands of streams. */
    private static final String[] LIVE_PATH = in("relay", "forward", "delivery", "server.body", "upstream", "sse");

    private static final Pattern NAME = Pattern.compile("`([^`]+)`");
    private static final Pattern MEMBER = Pattern.compile("`([A-Z][A-Za-z]+)\\.([A-Za-z_]+)`");

    private static final JavaClasses CODE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ROOT);

    private static final List<Row> TABLE = table();

    /** One line of the page's table. */
    private record Row(String name, List<String> keyTypes, Set<String> mayUse) {}

    private static List<Row> table() {
        try (Stream<String> lines = Files.lines(PAGE)) {
            return lines.dropWhile(line -> !line.startsWith("| package |"))
                    .skip(2)
                    .takeWhile(line -> line.startsWith("|"))
                    .map(line -> line.split("\\s*\\|\\s*"))
                    .map(cells -> new Row(quoted(cells[1]).get(0), quoted(cells[3]), names(cells[4])))
                    .toList();
        } catch (IOException e) {
            throw new AssertionError("The page cannot be read", e);
        }
    }

    private static List<String> quoted(String cell) {
        return NAME.matcher(cell).results().map(found -> found.group(1)).toList();
    }

    private static Set<String> names(String cell) {
        return cell.equals("-") ? Set.of() : new TreeSet<>(Arrays.asList(cell.split(",\\s*")));
    }

    private static String[] in(String... packages) {
        return Arrays.stream(packages).map(name -> ROOT + "." + name + "..").toArray(String[]::new);
    }

    @Test
    void thePageListsThePackagesThatThereAre() {
        Set<String> listed = TABLE.stream().map(Row::name).collect(toCollection(TreeSet::new));

        Set<String> there = CODE.stream()
                .filter(type -> !type.getName().equals(ROOT + ".package-info"))
                .map(type -> type.getPackageName().substring(ROOT.length()))
                .map(name -> name.isEmpty() ? "(the root)" : name.substring(1))
                .collect(toCollection(TreeSet::new));

        assertEquals(listed, there);
    }

    @Test
    void thePageNamesTypesThatThereAre() {
        Map<String, List<String>> missing = new TreeMap<>();

        for (Row row : TABLE) {
            List<String> gone = row.keyTypes().stream()
                    .filter(type -> !CODE.contain(ROOT + "." + row.name() + "." + type))
                    .toList();
            if (!gone.isEmpty()) {
                missing.put(row.name(), gone);
            }
        }

        assertEquals(Map.of(), missing);
    }

    @Test
    void thePageTellsWhereEachEndpointAndSettingLives() throws IOException {
        String page = Files.readString(PAGE);
        Set<String> told = new TreeSet<>(
                quoted(page.substring(page.indexOf("## Where does X live?"), page.indexOf("## The live path"))));
        Set<String> endpoints = Pattern.compile("^  (/history/[^:]+):", Pattern.MULTILINE)
                .matcher(Files.readString(Path.of("docs/reference/openapi.yaml")))
                .results()
                .map(found -> found.group(1))
                .collect(toCollection(TreeSet::new));
        Set<String> settings = Pattern.compile("^\\| `(RUNTAPE_[A-Z_]+)`", Pattern.MULTILINE)
                .matcher(Files.readString(Path.of("docs/reference/configuration.md")))
                .results()
                .map(found -> found.group(1))
                .filter(setting -> !setting.startsWith("RUNTAPE_UPSTREAM_"))
                .collect(toCollection(TreeSet::new));

        assertFalse(endpoints.isEmpty());
        assertFalse(settings.isEmpty());
        endpoints.removeAll(told);
        settings.removeAll(told);
        assertEquals(Set.of(), endpoints);
        assertEquals(Set.of(), settings);
    }

    @Test
    void thePageNamesBoundsThatThereAre() throws IOException {
        List<String> gone = MEMBER.matcher(Files.readString(PAGE))
                .results()
                .filter(member -> CODE.stream()
                        .filter(type -> type.getSimpleName().equals(member.group(1)))
                        .noneMatch(type -> type.tryGetField(member.group(2)).isPresent()))
                .map(MatchResult::group)
                .toList();

        assertEquals(List.of(), gone);
    }

    @Test
    void packagesUseOnlyWhatThePageAllowsThem() {
        assertFalse(TABLE.isEmpty());
        for (Row row : TABLE) {
            String[] others = TABLE.stream()
                    .map(Row::name)
                    .filter(name -> !name.equals(row.name()) && !row.mayUse().contains(name))
                    .map(name -> ROOT + "." + name)
                    .toArray(String[]::new);

            noClasses()
                    .that()
                    .resideInAPackage(ROOT + "." + row.name())
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(others)
                    .because("the page lets " + row.name() + " use " + row.mayUse())
                    .check(CODE);
        }
    }

    @Test
    void noPackageUsesAnotherThatUsesIt() {
        slices().matching(ROOT + ".(**)").should().beFreeOfCycles().check(CODE);
    }

    @Test
    void theWireFormatNeedsNothingButTheJdk() {
        classes()
                .that()
                .resideInAnyPackage(in("sse"))
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(ROOT + ".sse", "java..", "org.jspecify..")
                .check(CODE);
    }

    @Test
    void onlyTheStoringPackagesSpeakToTheDatabase() {
        DescribedPredicate<JavaClass> database = resideInAnyPackage(
                        "java.sql..",
                        "javax.sql..",
                        "jakarta.persistence..",
                        "jakarta.transaction..",
                        "org.hibernate..",
                        "org.flywaydb..",
                        "org.postgresql..",
                        "org.h2..",
                        "io.agroal..",
                        "io.quarkus.agroal..",
                        "io.quarkus.hibernate..",
                        "io.quarkus.panache..")
                .and(describe("no failure", type -> !type.isEquivalentTo(java.sql.SQLException.class)));

        noClasses()
                .that()
                .resideOutsideOfPackages(STORING)
                .should()
                .dependOnClassesThat(database)
                .check(CODE);
        noClasses()
                .that()
                .resideOutsideOfPackages(and(STORING, READING))
                .should()
                .dependOnClassesThat(resideInAnyPackage("io.quarkus.narayana.."))
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(java.sql.SQLException.class)
                .check(CODE);
    }

    private static String[] and(String[] some, String[] more) {
        return Stream.of(some, more).flatMap(Arrays::stream).toArray(String[]::new);
    }

    @Test
    void nothingOnTheLivePathWaits() {
        noClasses()
                .that()
                .resideInAnyPackage(LIVE_PATH)
                .should()
                .callMethodWhere(waits())
                .because("one wait on an event loop holds up all its streams")
                .check(CODE);
    }

    private static DescribedPredicate<JavaMethodCall> waits() {
        return describe("it waits", call -> {
            JavaClass owner = call.getTargetOwner();
            return switch (call.getName()) {
                case "await" -> true;
                case "sleep" -> owner.isEquivalentTo(Thread.class);
                case "get" -> owner.isAssignableTo(Future.class);
                case "join" -> owner.isAssignableTo(Future.class) || owner.isEquivalentTo(Thread.class);
                case "asIterable", "asStream", "toIterable" ->
                    owner.getPackageName().startsWith(Uni.class.getPackageName());
                default -> false;
            };
        });
    }

    /** Each suite starts the application once, for one database: {@link H2Suite} and {@link PostgresSuite}. */
    @Test
    void testsOfTheApplicationAreNamedAfterTheirDatabase() {
        JavaClasses tests = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.ONLY_INCLUDE_TESTS)
                .importPackages(ROOT);

        classes()
                .that()
                .areAnnotatedWith(QuarkusTest.class)
                .should()
                .haveNameMatching(".*(H2|Postgres)Test")
                .check(tests);
    }

    @Test
    void treesAreMadeOfShortJsonAlone() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName(ROOT + ".json.LeanTree")
                .and()
                .doNotHaveFullyQualifiedName(ROOT + ".history.JsonBody")
                .and()
                .doNotHaveFullyQualifiedName(ROOT + ".server.names.Operations")
                .should()
                .callMethodWhere(describe(
                        "it makes a tree of JSON", call -> call.getName().equals("readTree")))
                .because(
                        "a tree may take 27 times the memory of its text; the first two bound the text, the third reads"
                                + " what the gateway was built with")
                .check(CODE);
    }

    @Test
    void packagesAreNamedAfterTheDomain() {
        noClasses()
                .should()
                .resideInAnyPackage("..util..", "..common..", "..service..", "..dto..", "..impl..")
                .check(CODE);
    }
}
