package io.runtape;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitCallTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.runtape.testsupport.ImageHeap;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a native image forbids. Its classes are initialised while it is built, and what their static fields then hold is part
 * of it: a generator of random numbers would repeat itself at every start, a thread or a file cannot be stored at all, and what
 * is read from the machine is that of the machine it was built on.
 */
class NativeImageTest {

    private static final String ROOT = "io.runtape";

    private static final JavaClasses CODE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ROOT);

    /** Methods, by their class, whose response is the machine's or the moment's. "*" stands for all of them. */
    private static final Map<Class<?>, Set<String>> OF_THE_MACHINE = Map.ofEntries(
            Map.entry(Runtime.class, Set.of("maxMemory", "totalMemory", "freeMemory", "availableProcessors")),
            Map.entry(
                    System.class,
                    Set.of("getenv", "getProperty", "getProperties", "nanoTime", "currentTimeMillis", "console")),
            Map.entry(Boolean.class, Set.of("getBoolean")),
            Map.entry(Integer.class, Set.of("getInteger")),
            Map.entry(Long.class, Set.of("getLong")),
            Map.entry(Instant.class, Set.of("now")),
            Map.entry(LocalDateTime.class, Set.of("now")),
            Map.entry(Clock.class, Set.of("systemUTC", "systemDefaultZone")),
            Map.entry(InetAddress.class, Set.of("*")),
            Map.entry(ProcessHandle.class, Set.of("*")),
            Map.entry(UUID.class, Set.of("randomUUID")),
            Map.entry(Math.class, Set.of("random")),
            Map.entry(ThreadLocalRandom.class, Set.of("*")),
            Map.entry(Charset.class, Set.of("defaultCharset")),
            Map.entry(Locale.class, Set.of("getDefault")),
            Map.entry(ZoneId.class, Set.of("systemDefault")));

    private static final Pattern AT_RUN_TIME = Pattern.compile("--initialize-at-run-time=([\\w.$,\\\\]+)");

    private static final Pattern INCLUDES = Pattern.compile("<quarkus\\.native\\.resources\\.includes>([^<]+)<");

    /** The classes that the build of the image leaves to its start; what holds for all others does not for them. */
    private static Set<String> initialisedAtRunTime() {
        Set<String> names = new TreeSet<>();
        for (String file : List.of("pom.xml", "src/main/resources/application.properties")) {
            try {
                AT_RUN_TIME
                        .matcher(Files.readString(Path.of(file)))
                        .results()
                        .flatMap(found -> Arrays.stream(found.group(1).split("\\\\?,")))
                        .forEach(names::add);
            } catch (IOException e) {
                throw new AssertionError(file + " cannot be read", e);
            }
        }
        return names;
    }

    private static Stream<JavaClass> initialisedAtBuildTime() {
        Set<String> others = initialisedAtRunTime();
        return CODE.stream().filter(type -> !others.contains(type.getName()));
    }

    // ---- What the fields are declared as

    @Test
    void noStaticFieldIsDeclaredAsWhatAnImageCannotHold() {
        assertEquals(
                List.of(),
                initialisedAtBuildTime().flatMap(NativeImageTest::declared).toList());
    }

    private static Stream<String> declared(JavaClass type) {
        return type.getFields().stream()
                .filter(field -> field.getModifiers().contains(JavaModifier.STATIC))
                .flatMap(field -> declared(field, field.getFullName(), new HashSet<>()));
    }

    private static Stream<String> declared(JavaField field, String way, Set<JavaClass> seen) {
        JavaClass type = field.getRawType().getBaseComponentType();
        if (ImageHeap.FORBIDDEN.stream().anyMatch(type::isAssignableTo)) {
            return Stream.of(way + ": " + type.getName());
        }
        if (!type.getName().startsWith(ROOT + ".") || !seen.add(type)) {
            return Stream.empty();
        }
        return type.getAllFields().stream()
                .filter(inner -> !inner.getModifiers().contains(JavaModifier.STATIC))
                .flatMap(inner -> declared(inner, way + "." + inner.getName(), seen));
    }

    // ---- What they hold

    @Test
    void noStaticFieldHoldsWhatAnImageCannotHold() throws Exception {
        assertEquals(
                List.of(),
                ImageHeap.forbidden(
                        initialisedAtBuildTime().map(JavaClass::getName).toList()));
    }

    // ---- What they are made from

    @Test
    void nothingIsComputedFromTheMachineWhenAClassIsInitialised() {
        assertEquals(
                List.of(),
                initialisedAtBuildTime()
                        .flatMap(type -> fromTheMachine(type, CODE))
                        .toList());
    }

    /** The calls that its static initialiser comes to, through code of this program however deep. */
    private static Stream<String> fromTheMachine(JavaClass type, JavaClasses code) {
        Deque<JavaCodeUnit> next = new ArrayDeque<>();
        type.getStaticInitializer().ifPresent(next::add);
        Set<JavaCodeUnit> seen = new HashSet<>(next);
        Set<String> found = new TreeSet<>();
        while (!next.isEmpty()) {
            for (JavaAccess<?> access : accesses(next.remove())) {
                JavaClass owner = access.getTargetOwner();
                if (isOfTheMachine(owner, access.getName())) {
                    found.add(type.getName() + " by " + access.getOrigin().getFullName() + ": " + owner.getSimpleName()
                            + "." + access.getName());
                } else if (owner.getName().startsWith(ROOT + ".")
                        && access.getTarget() instanceof CodeUnitCallTarget called) {
                    implementations(called, code).filter(seen::add).forEach(next::add);
                }
            }
        }
        return found.stream();
    }

    private static List<JavaAccess<?>> accesses(JavaCodeUnit unit) {
        return Stream.of(unit.getCallsFromSelf(), unit.getCodeUnitReferencesFromSelf())
                .<JavaAccess<?>>flatMap(Set::stream)
                .toList();
    }

    private static boolean isOfTheMachine(JavaClass owner, String method) {
        return OF_THE_MACHINE.entrySet().stream()
                .anyMatch(of -> owner.isEquivalentTo(of.getKey())
                        && (of.getValue().contains("*") || of.getValue().contains(method)));
    }

    private static Stream<JavaCodeUnit> implementations(CodeUnitCallTarget called, JavaClasses code) {
        JavaClass owner = called.getOwner();
        List<String> parameters =
                called.getRawParameterTypes().stream().map(JavaClass::getName).toList();
        return Stream.concat(Stream.of(owner), owner.getAllSubclasses().stream())
                .filter(type -> code.contain(type.getName()))
                .flatMap(type -> type.getCodeUnits().stream())
                .filter(unit -> unit.getName().equals(called.getName())
                        && unit.getRawParameterTypes().stream()
                                .map(JavaClass::getName)
                                .toList()
                                .equals(parameters));
    }

    // ---- What the image takes along

    @Test
    void theResourcesThatItTakesAlongAreThere() throws IOException {
        String includes = INCLUDES.matcher(Files.readString(Path.of("pom.xml")))
                .results()
                .map(found -> found.group(1))
                .findFirst()
                .orElseThrow();

        assertEquals(
                List.of(),
                Arrays.stream(includes.split(","))
                        .filter(glob -> !Files.exists(Path.of("src/main/resources", glob.replace("/**", ""))))
                        .toList());
    }

    // ---- That these rules find what they are for

    private static JavaClasses fixtures() {
        return new ClassFileImporter().importPackages(NativeImageTest.class.getPackageName() + ".nativeimage");
    }

    @ParameterizedTest
    @ValueSource(strings = {"HoldsRandom", "HoldsThreadInAnObject", "HoldsExecutor", "HoldsOpenFile"})
    void aFixtureIsFoundByItsDeclaration(String name) {
        assertEquals(1, declared(fixtures().get(ROOT + ".nativeimage." + name)).count(), name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HoldsRandom",
                "HoldsThreadInAnObject",
                "HoldsExecutor",
                "HoldsOpenFile",
                "HoldsRandomInACollection"
            })
    void aFixtureIsFoundByWhatItHolds(String name) throws Exception {
        List<String> found = ImageHeap.forbidden(List.of(ROOT + ".nativeimage." + name));

        assertEquals(1, found.size(), () -> name + ": " + found);
        assertTrue(found.get(0).startsWith(ROOT + ".nativeimage." + name + "."), found.get(0));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ReadsTheHeap",
                "ReadsTheClockElsewhere",
                "ReadsTheEnvironmentInALambda",
                "ReadsTheZoneBehindAnInterface"
            })
    void aFixtureIsFoundByWhatItReads(String name) {
        JavaClasses fixtures = fixtures();

        assertEquals(
                1,
                fromTheMachine(fixtures.get(ROOT + ".nativeimage." + name), fixtures)
                        .count(),
                name);
    }

    @Test
    void aFixtureThatWaitsForItsFirstUseIsLeftAlone() throws Exception {
        JavaClasses fixtures = fixtures();
        String name = ROOT + ".nativeimage.MadeOnFirstUse";

        assertEquals(0, fromTheMachine(fixtures.get(name), fixtures).count());
        assertEquals(List.of(), ImageHeap.forbidden(List.of(name)));
    }

    @Test
    void eachForbiddenTypeIsOne() {
        assertTrue(ImageHeap.FORBIDDEN.stream().anyMatch(type -> type.isAssignableFrom(SecureRandom.class)));
        assertTrue(ImageHeap.FORBIDDEN.containsAll(List.of(Random.class, Thread.class, Executor.class)));
        assertEquals(List.of(), ImageHeap.forbidden("none", new AtomicReference<>("harmless")));
        assertEquals(
                1,
                ImageHeap.forbidden("one", new AtomicReference<>(new Random())).size());
    }
}
