package io.runtape.upstream;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The HTTP proxy through which calls leave the network. The login in its address never appears in a message. */
final class ProxyAddress {

    /** Its name in Quarkus' proxy registry. */
    private static final String NAME = "upstream";

    private static final String BUCKET = "quarkus.proxy." + NAME + ".";

    private static final Pattern LOGIN = Pattern.compile("([^:]+):([^:]+)");

    private static final int PORT_MAX = 65_535;

    private static final String UNUSABLE =
            "RUNTAPE_UPSTREAM_PROXY cannot be used. It is the http address of a proxy, with its"
                    + " port, such as http://proxy.example.com:3128 or http://user:password@proxy.example.com:3128; what is special"
                    + " in the login is percent-encoded.";

    private final URI address;

    private ProxyAddress(URI address) {
        this.address = address;
    }

    /**
     * @throws IllegalArgumentException if it is not the address of a proxy; the message names the setting and what is
     *     allowed
     */
    static ProxyAddress of(String address) {
        Optional<URI> parsed = Optional.empty();
        try {
            parsed = Optional.of(new URI(address.strip()));
        } catch (URISyntaxException e) {
            // Refused below, without quoting the address: it may contain a password.
        }
        return new ProxyAddress(
                parsed.filter(ProxyAddress::isUsable).orElseThrow(() -> new IllegalArgumentException(UNUSABLE)));
    }

    private static boolean isUsable(URI address) {
        return "http".equalsIgnoreCase(address.getScheme())
                && address.getHost() != null
                && address.getPort() > 0
                && address.getPort() <= PORT_MAX
                && (address.getRawPath().isEmpty() || address.getRawPath().equals("/"))
                && address.getRawQuery() == null
                && address.getRawFragment() == null
                && (address.getRawUserInfo() == null || isLogin(address.getRawUserInfo()));
    }

    /** In the login that is sent, any colon, encoded or not, ends the user. */
    private static boolean isLogin(String login) {
        Matcher parts = LOGIN.matcher(login);
        return parts.matches()
                && !decoded(parts.group(1)).contains(":")
                && !decoded(parts.group(1)).isBlank()
                && !decoded(parts.group(2)).isBlank();
    }

    private static String decoded(String part) {
        return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** The settings of Quarkus' proxy registry, and of the REST client to use it. */
    Map<String, String> quarkusSettings(Duration connectTimeout) {
        Map<String, String> settings = new HashMap<>();
        // An IPv6 address has brackets only in a URI.
        settings.put(BUCKET + "host", address.getHost().replaceAll("[\\[\\]]", ""));
        settings.put(BUCKET + "port", Integer.toString(address.getPort()));
        settings.put(BUCKET + "proxy-connect-timeout", connectTimeout.toString());
        if (address.getRawUserInfo() != null) {
            Matcher parts = LOGIN.matcher(address.getRawUserInfo());
            if (parts.matches()) {
                settings.put(BUCKET + "username", literal(decoded(parts.group(1))));
                settings.put(BUCKET + "password", literal(decoded(parts.group(2))));
            }
        }
        settings.put("quarkus.rest-client.upstream.proxy-configuration-name", NAME);
        return settings;
    }

    /** In a configuration value, {@code ${…}} refers to another setting. */
    private static String literal(String value) {
        return value.replace("$", "\\$");
    }
}
