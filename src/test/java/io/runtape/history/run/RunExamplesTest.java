package io.runtape.history.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.runtape.dialect.Usage;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The runs that pages show whole have the members of the gateway's runs, in their order. */
class RunExamplesTest {

    /** A run in a fenced block, alone or in {@code data}. */
    private static final Pattern RUN =
            Pattern.compile("```\\w*\\n(?:\\{\"data\":)?(\\{ ?\"id\":.+?\\})\\}?\\n```", Pattern.DOTALL);

    /** Those that it always has. */
    private static List<String> members(Class<? extends Record> type) {
        return Arrays.stream(type.getRecordComponents())
                .filter(member -> !member.getAccessor().isAnnotationPresent(JsonInclude.class))
                .map(RecordComponent::getName)
                .toList();
    }

    private static List<String> members(JsonNode node) {
        List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }

    @Test
    void theDocumentRequiresTheMembersThatARunAlwaysHas() {
        Schema documented = RunView.class.getAnnotation(Schema.class);

        assertEquals(members(RunView.class), List.of(documented.requiredProperties()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"docs/reference/http-api.md", "docs/start.md"})
    void showTheMembersOfARun(String page) throws Exception {
        Matcher example = RUN.matcher(Files.readString(Path.of(page)));
        assertTrue(example.find(), page);

        JsonNode run = new ObjectMapper().readTree(example.group(1));

        List<String> usage = new ArrayList<>(members(Usage.class));
        usage.add("source");
        assertEquals(members(RunView.class), members(run));
        assertEquals(usage, members(run.get("usage")));
    }
}
