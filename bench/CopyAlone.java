import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.Arrays;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * What PostgreSQL takes of such rows at most: COPY of frames as the gateway writes them, over one connection, one commit for
 * each 5,000 rows of 50 runs, with no gateway, agent API or load beside it. Prints rows a second of each round of 500,000.
 *
 * <p>java -cp postgresql.jar CopyAlone.java JDBC-URL ROUNDS
 */
class CopyAlone {

    private static final int RUNS = 50;
    private static final int EVENTS = 500;
    private static final int COMMITS_OF_A_RUN = 5;
    private static final int ROUND = 500_000;

    private static final byte[] TYPE = "message".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] FRAME = new byte[230];

    public static void main(String[] args) throws Exception {
        Arrays.fill(FRAME, (byte) 'x');
        try (Connection connection = DriverManager.getConnection(args[0]);
                Statement sql = connection.createStatement()) {
            sql.execute("drop table if exists copy_alone");
            sql.execute("create table copy_alone (run_pk bigint not null, offset_us bigint not null,"
                    + " sequence integer not null, parts integer, kind smallint not null, type varchar(200),"
                    + " last_event_id text, bytes bytea not null, primary key (run_pk, sequence))");
            for (int round = 0; round < Integer.parseInt(args[1]); round++) {
                long began = System.nanoTime();
                for (long first = 0; first < ROUND / EVENTS; first += RUNS) {
                    for (int part = 0; part < COMMITS_OF_A_RUN; part++) {
                        copy(connection, rows((long) round * ROUND / EVENTS + first, part * EVENTS / COMMITS_OF_A_RUN));
                    }
                }
                System.out.println("rows/s " + ROUND * 1_000_000_000L / (System.nanoTime() - began));
            }
            sql.execute("drop table copy_alone");
        }
    }

    private static void copy(Connection connection, byte[] rows) throws Exception {
        CopyIn copy = connection
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyIn("copy copy_alone from stdin (format binary)");
        copy.writeToCopy(rows, 0, rows.length);
        copy.endCopy();
    }

    private static byte[] rows(long firstRun, int firstSequence) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.write("PGCOPY\n\377\r\n\0".getBytes(StandardCharsets.ISO_8859_1));
        out.writeLong(0);
        for (int run = 0; run < RUNS; run++) {
            for (int i = 0; i < EVENTS / COMMITS_OF_A_RUN; i++) {
                out.writeShort(8);
                out.writeInt(8);
                out.writeLong(firstRun + run);
                out.writeInt(8);
                out.writeLong(1_000L * i);
                out.writeInt(4);
                out.writeInt(firstSequence + i);
                out.writeInt(-1);
                out.writeInt(2);
                out.writeShort(1);
                out.writeInt(TYPE.length);
                out.write(TYPE);
                out.writeInt(-1);
                out.writeInt(FRAME.length);
                out.write(FRAME);
            }
        }
        out.writeShort(-1);
        return bytes.toByteArray();
    }
}
