import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;

/**
 * What a history takes on the disk, on PostgreSQL: tables, indexes and long rows together. Prints how many runs are not packed,
 * the bytes of the tables of blocks and of all tables, and the frames and bytes of all ended runs, one line of names and values.
 *
 * <p>java -cp postgresql.jar Sizes.java JDBC-URL SCHEMA
 */
class Sizes {

    public static void main(String[] args) throws Exception {
        try (Connection connection = DriverManager.getConnection(args[0]);
                Statement sql = connection.createStatement()) {
            sql.execute("set search_path to " + args[1]);
            print(sql, "unpacked", "select count(*) from run where packed_at is null");
            print(sql, "live_bytes", "select coalesce(sum(pg_total_relation_size(inhrelid)), 0) from pg_inherits"
                    + " where inhparent = 'block'::regclass");
            print(sql, "packed_bytes", "select pg_total_relation_size('packed_block')");
            print(sql, "all_bytes", "select sum(pg_total_relation_size(oid)) from pg_class"
                    + " where relkind = 'r' and relnamespace = current_schema()::regnamespace");
            print(sql, "frames", "select coalesce(sum(frame_count), 0) from run");
            print(sql, "bytes", "select coalesce(sum(byte_count), 0) from run");
            System.out.println();
        }
    }

    private static void print(Statement sql, String name, String query) throws Exception {
        try (ResultSet row = sql.executeQuery(query)) {
            row.next();
            System.out.print(name + " " + row.getLong(1) + " ");
        }
    }
}
