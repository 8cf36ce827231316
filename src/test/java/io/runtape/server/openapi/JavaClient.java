package io.runtape.server.openapi;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.runtape.testsupport.Tool;
import jakarta.annotation.Generated;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.openapitools.jackson.nullable.JsonNullable;

/** The client that openapi-generator makes of an OpenAPI document, with the program that makes every call with it. */
final class JavaClient {

    private static final Path GENERATOR =
            Path.of("target", "openapi-generator", "openapi-generator-cli.jar").toAbsolutePath();

    private static final Path PROGRAM = Path.of("src", "test", "clients", "EveryCall.java");

    /** One of each library that the client's own build names. */
    private static final List<Class<?>> LIBRARIES = List.of(
            ObjectMapper.class,
            JsonParser.class,
            JsonCreator.class,
            JavaTimeModule.class,
            JsonNullable.class,
            Generated.class);

    private final Path classes;

    private JavaClient(Path classes) {
        this.classes = classes;
    }

    /** Makes it of that document, below that directory, and compiles it. */
    static JavaClient generate(Path document, Path home) throws Exception {
        Path sources = Files.createDirectories(home).resolve("client");
        Path classes = Files.createDirectories(home.resolve("classes"));
        Tool.java()
                .run(
                        home,
                        List.of(
                                "-jar",
                                GENERATOR.toString(),
                                "generate",
                                "--generator-name",
                                "java",
                                "--library",
                                "native",
                                "--additional-properties",
                                "useJakartaEe=true",
                                "--global-property",
                                "apis,models,supportingFiles,apiTests=false,modelTests=false,apiDocs=false,modelDocs=false",
                                "--input-spec",
                                document.toString(),
                                "--output",
                                sources.toString()));
        compile(sources.resolve(Path.of("src", "main", "java")), classes);
        return new JavaClient(classes);
    }

    private static void compile(Path sources, Path classes) throws IOException {
        List<String> arguments =
                new ArrayList<>(List.of("-nowarn", "-proc:none", "-classpath", libraries(), "-d", classes.toString()));
        try (Stream<Path> files = Files.walk(sources)) {
            files.map(Path::toString).filter(file -> file.endsWith(".java")).forEach(arguments::add);
        }
        arguments.add(PROGRAM.toString());
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        int status = ToolProvider.getSystemJavaCompiler().run(null, said, said, arguments.toArray(String[]::new));
        if (status != 0) {
            throw new AssertionError("The client is not compiled: " + said.toString(StandardCharsets.UTF_8));
        }
    }

    private static String libraries() {
        return LIBRARIES.stream().map(JavaClient::jarOf).collect(Collectors.joining(File.pathSeparator));
    }

    private static String jarOf(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * Makes every call.
     *
     * @param live a run of the caller that goes on until it is cancelled
     * @return method and path of each call that was answered well
     */
    @SuppressWarnings("unchecked")
    List<String> makeEveryCall(String gateway, String key, String live) throws Exception {
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {classes.toUri().toURL()}, ObjectMapper.class.getClassLoader())) {
            return (List<String>) loader.loadClass("EveryCall")
                    .getMethod("make", String.class, String.class, String.class)
                    .invoke(null, gateway, key, live);
        } catch (InvocationTargetException e) {
            throw new AssertionError(e.getCause());
        }
    }
}
