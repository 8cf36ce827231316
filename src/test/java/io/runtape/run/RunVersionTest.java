package io.runtape.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Whatever changes in a run's row, its state is another one. */
class RunVersionTest {

    @Test
    void differsWithEachColumn() throws IllegalAccessException {
        List<Field> columns = Arrays.stream(Run.class.getDeclaredFields())
                .filter(field -> Modifier.isPublic(field.getModifiers()) && !Modifier.isStatic(field.getModifiers()))
                .toList();
        assertTrue(columns.size() >= 29, columns.toString());
        Set<String> states = new HashSet<>(Set.of(RunVersion.of(new Run())));
        for (Field column : columns) {
            Run run = new Run();
            column.set(run, value(column.getType()));
            assertTrue(states.add(RunVersion.of(run)), column.getName());
        }
    }

    @Test
    void isTheSameForTheSame() {
        Run one = new Run();
        Run other = new Run();
        one.prompt = "a";
        other.prompt = "a";

        assertEquals(RunVersion.of(one), RunVersion.of(other));
    }

    @Test
    void knowsWhereAValueEnds() {
        Run one = new Run();
        one.metadata = "{}{}";
        one.config = "";
        Run other = new Run();
        other.metadata = "{}";
        other.config = "{}";

        assertTrue(!RunVersion.of(one).equals(RunVersion.of(other)));
    }

    private static Object value(Class<?> type) {
        if (type == String.class) {
            return "x";
        }
        if (type == Instant.class) {
            return Instant.EPOCH;
        }
        if (type == boolean.class) {
            return true;
        }
        return type == Integer.class ? (Object) 7 : (Object) 7L;
    }
}
