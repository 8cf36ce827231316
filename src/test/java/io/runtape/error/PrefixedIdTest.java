package io.runtape.error;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PrefixedIdTest {
    @Test
    void isAPrefixAndAVersion7Uuid() {
        String id = PrefixedId.next("run_");

        assertTrue(id.matches("run_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}"), id);
    }

    @Test
    void sortsByTheTimeItWasMade() {
        List<String> made =
                Stream.generate(() -> PrefixedId.next("run_")).limit(10_000).toList();

        assertEquals(made, made.stream().sorted().distinct().toList());
    }
}
