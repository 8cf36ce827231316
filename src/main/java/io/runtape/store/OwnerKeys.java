package io.runtape.store;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The key of the owners' hash (docs/reference/configuration.md, "Callers"): {@code RUNTAPE_SECRET}, or a key that the
 * first start makes and keeps in the database. With the setting, the database keeps only a check value that reveals a
 * changed secret.
 */
final class OwnerKeys {

    private static final String KEY = "owner-key";
    private static final String CHECK = "owner-key-check";
    private static final int KEY_BYTES = 32;

    private final Connection connection;

    OwnerKeys(Connection connection) {
        this.connection = connection;
    }

    /**
     * The key to hash with from now on.
     *
     * @throws StartupException if it is not the key that the stored history was made with
     */
    byte[] settle(Optional<byte[]> secret) throws SQLException {
        byte @Nullable [] key = secret.orElse(null);
        if (key == null) {
            byte[] made = new byte[KEY_BYTES];
            new SecureRandom().nextBytes(made);
            if (read(CHECK).isEmpty()) {
                keep(KEY, made);
            }
            key = read(KEY).orElseThrow(OwnerKeys::changed);
        }
        keep(CHECK, checkValue(key));
        if (!MessageDigest.isEqual(checkValue(key), read(CHECK).orElseThrow(OwnerKeys::changed))) {
            throw changed();
        }
        return key;
    }

    private static StartupException changed() {
        return new StartupException("RUNTAPE_SECRET is not the one that this database's history was made with:"
                + " every caller would lose sight of it. Set the earlier secret, or use another database.");
    }

    private static byte[] checkValue(byte[] key) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal("runtape owner key".getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HmacSHA256", e);
        }
    }

    private Optional<byte[]> read(String name) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("select content from setting where name = ?")) {
            select.setString(1, name);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? Optional.of(row.getBytes(1)) : Optional.empty();
            }
        }
    }

    /** Stores the value unless one is stored. */
    private void keep(String name, byte[] content) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into setting (name, content) values (?, ?) on conflict do nothing")) {
            insert.setString(1, name);
            insert.setBytes(2, content);
            insert.executeUpdate();
        }
    }
}
