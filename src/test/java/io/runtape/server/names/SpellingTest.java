package io.runtape.server.names;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpellingTest {

    private static final List<String> KNOWN =
            List.of("agent", "cursor", "limit", "since", "status", "threadId", "until");

    @ParameterizedTest
    @CsvSource({
        "statsu, status",
        "Limit, limit",
        "limits, limit",
        "thread_id, threadId",
        "thread, threadId",
        "THREADID, threadId",
        "sicne, since",
        "untill, until",
        "agnt, agent"
    })
    void findsTheNameThatWasMeant(String written, String meant) {
        assertEquals(Optional.of(meant), Spelling.nearest(written, KNOWN));
    }

    @Test
    void findsALongSettingWithANameInIt() {
        String meant = "RUNTAPE_RETENTION_RULES_" + "A".repeat(32) + "_FRAMES_AFTER";

        assertEquals(
                Optional.of(meant),
                Spelling.nearest(meant.replace("RETENTION", "RETENTOIN"), List.of("RUNTAPE_AUTH", meant)));
    }

    @Test
    void findsNoneWhereThereIsNone() {
        assertEquals(Optional.empty(), Spelling.nearest("limit", List.of()));
    }

    @Test
    void takesTheFirstByTheAlphabetOfThoseThatAreAsNear() {
        assertEquals(Optional.of("ab"), Spelling.nearest("a", List.of("az", "ab", "abc")));
    }

    @Test
    void repeatsNoNameThatIsLongEnoughForASecret() {
        assertEquals("'limits'", Spelling.quoted("limits"));
        assertFalse(Spelling.quoted("tkt_Zk3vXb0m2pQ7yR9sT1uV4wX6zA8cE0gI2kM4oQ6sU8w")
                .contains("T1uV"));
    }
}
