package io.runtape.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StoreSchemaTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Runtape | it has other characters",
                "run-tape | it has other characters",
                "1run | begins with a digit",
                "run\";drop | it has other characters",
                "public | not Runtape's own",
                "information_schema | not Runtape's own",
                "pg_run | not Runtape's own",
                "a23456789_123456789_123456789_123456789_1 | longer than 40 characters"
            })
    void refusesANameThatNoSchemaOfItsOwnCanHave(String name, String why) {
        String message = assertThrows(IllegalArgumentException.class, () -> StoreSchema.of(name))
                .getMessage();

        assertTrue(message.startsWith("RUNTAPE_DATABASE_SCHEMA cannot be used: "), message);
        assertTrue(message.contains(why), message);
        assertTrue(message.contains("Allowed are 1 to 40 of a-z, 0-9 and _"), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"runtape", "_", "run_2", "publicly", "order_6789_123456789_123456789_123456789"})
    void takesNamesOfUpTo40Characters(String name) {
        assertEquals(name, StoreSchema.of(name).name());
    }

    @Test
    void isRuntapeWhereNoneIsSet() {
        assertEquals("runtape", StoreSchema.of(null).name());
        assertEquals("runtape", StoreSchema.of(" ").name());
    }
}
