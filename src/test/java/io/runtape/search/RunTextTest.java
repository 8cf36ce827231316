package io.runtape.search;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.runtape.dialect.Part;
import io.runtape.dialect.Role;
import io.runtape.indexing.EndedRun;
import io.runtape.run.Run;
import io.runtape.transcript.PlacedPart;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which texts of a run are searched. */
class RunTextTest {

    private static List<String> errors(String error, PlacedPart... parts) {
        Run row = new Run();
        row.error = error;
        return RunText.of(new EndedRun(row, null, List.of(parts))).stream()
                .filter(passage -> passage.place() == Place.ERROR)
                .map(passage -> passage.sequence() + " " + passage.text())
                .toList();
    }

    private static PlacedPart error(long sequence, String code, String message) {
        return new PlacedPart(false, Role.ASSISTANT, new Part.ErrorPart(code, message), sequence, 0);
    }

    @Test
    void hasTheErrorOfTheRunOnce() {
        String error = "{\"code\":\"quota\",\"message\":\"No tokens are left.\"}";

        assertEquals(List.of("7 quota\nNo tokens are left."), errors(error, error(7, "quota", "No tokens are left.")));
        assertEquals(
                List.of("7 tool\nIt timed out.", "0 code: quota message: No tokens are left."),
                errors(error, error(7, "tool", "It timed out.")));
        assertEquals(List.of("0 code: quota message: No tokens are left."), errors(error));
    }
}
