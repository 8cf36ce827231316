package io.runtape.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.Script;
import java.sql.Connection;
import org.junit.jupiter.api.Test;

/** What the log says of a run leads to it. */
abstract class RunNameTest extends RecordedHistory {

    @Test
    void namesARunByItsIdAndItsOwner() throws Exception {
        String id = record("{}", Script.stream("data: x\n\n"));
        long runPk = table().key(id);
        String owner = json("/runs/" + id).getString("data.owner");

        try (Connection connection = store().connect()) {
            assertEquals("run " + id + " of owner " + owner, RunName.of(connection, runPk));
            assertEquals("run with the key 17", RunName.of(connection, 17));
            connection.close();
            assertEquals("run with the key " + runPk, RunName.of(connection, runPk));
        }
    }
}
