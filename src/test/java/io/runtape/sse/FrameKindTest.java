package io.runtape.sse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FrameKindTest {
    /** Rows of earlier versions hold these codes, and callers send these labels. */
    @Test
    void neverChangesACodeOrALabel() {
        assertEquals(
                List.of("1 event", "2 comment", "3 part", "4 tail", "5 response", "6 encoded"),
                Arrays.stream(FrameKind.values())
                        .map(kind -> kind.code() + " " + kind.label())
                        .toList());
    }

    @ParameterizedTest
    @EnumSource
    void isFoundByCodeAndByLabel(FrameKind kind) {
        assertEquals(kind, FrameKind.ofCode(kind.code()));
        assertEquals(Optional.of(kind), FrameKind.ofLabel(kind.label()));
    }

    @Test
    void isNotFoundByAnythingElse() {
        assertThrows(IllegalArgumentException.class, () -> FrameKind.ofCode(0));
        assertThrows(IllegalArgumentException.class, () -> FrameKind.ofCode(7));
        assertEquals(Optional.empty(), FrameKind.ofLabel("EVENT"));
    }
}
