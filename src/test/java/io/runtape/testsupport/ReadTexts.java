package io.runtape.testsupport;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Counts the characters of what statements bring from the database, whether anybody asks a row for them or not. */
public final class ReadTexts {

    private long mostChars;
    private long allChars;

    /** A connection whose prepared statements are counted. */
    public Connection of(Connection connection) {
        return counted(Connection.class, connection);
    }

    /** How many characters one statement brought, at the most. */
    public long mostChars() {
        return mostChars;
    }

    /** How many all statements brought. */
    public long allChars() {
        return allChars;
    }

    private <T> T counted(Class<T> type, T target) {
        long[] chars = new long[1];
        return type.cast(Proxy.newProxyInstance(
                ReadTexts.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    Object result;
                    try {
                        result = method.invoke(target, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                    if (result instanceof PreparedStatement statement) {
                        return counted(PreparedStatement.class, statement);
                    }
                    if (result instanceof ResultSet rows && method.getName().equals("executeQuery")) {
                        return counted(ResultSet.class, rows);
                    }
                    if (target instanceof ResultSet row
                            && method.getName().equals("next")
                            && Boolean.TRUE.equals(result)) {
                        long inRow = chars(row);
                        chars[0] += inRow;
                        allChars += inRow;
                        mostChars = Math.max(mostChars, chars[0]);
                    }
                    return result;
                }));
    }

    private static long chars(ResultSet row) throws SQLException {
        long chars = 0;
        for (int column = 1; column <= row.getMetaData().getColumnCount(); column++) {
            String text = row.getString(column);
            chars += text == null ? 0 : text.length();
        }
        return chars;
    }
}
