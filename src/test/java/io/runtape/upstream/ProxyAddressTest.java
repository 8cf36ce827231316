package io.runtape.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyAddressTest {

    private static Map<String, String> settings(String address) {
        return ProxyAddress.of(address).quarkusSettings(Duration.ofSeconds(3));
    }

    @Test
    void isHostAndPort() {
        Map<String, String> settings = settings(" http://proxy.example.com:3128/ ");

        assertEquals("proxy.example.com", settings.get("quarkus.proxy.upstream.host"));
        assertEquals("3128", settings.get("quarkus.proxy.upstream.port"));
        assertEquals("PT3S", settings.get("quarkus.proxy.upstream.proxy-connect-timeout"));
        assertNull(settings.get("quarkus.proxy.upstream.username"));
        assertEquals("upstream", settings.get("quarkus.rest-client.upstream.proxy-configuration-name"));
    }

    @Test
    void mayHaveALogin() {
        Map<String, String> settings = settings("http://us%40er:p+a%3As%24s@[::1]:80");

        assertEquals("::1", settings.get("quarkus.proxy.upstream.host"));
        assertEquals("us@er", settings.get("quarkus.proxy.upstream.username"));
        assertEquals("p+a:s\\$s", settings.get("quarkus.proxy.upstream.password"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "proxy.example.com:3128",
                "//hunter2.example.com:3128",
                "https://hunter2.example.com:3128",
                "socks5://hunter2.example.com:1080",
                "http://hunter2.example.com",
                "http://hunter2.example.com:0",
                "http://hunter2.example.com:65536",
                "http://:3128",
                "http://hunter2@proxy.example.com:3128",
                "http://hunter2:@proxy.example.com:3128",
                "http://:hunter2@proxy.example.com:3128",
                "http://a%3Ab:hunter2@proxy.example.com:3128",
                "http://a:b:hunter2@proxy.example.com:3128",
                "http://user:hunter2%@proxy.example.com:3128",
                "http://hunter2.example.com:3128/path",
                "http://hunter2.example.com:3128?query",
                "http://hunter 2.example.com:3128"
            })
    void saysWhatAnAddressMayBe(String address) {
        String message = assertThrows(IllegalArgumentException.class, () -> ProxyAddress.of(address))
                .getMessage();

        assertTrue(message.startsWith("RUNTAPE_UPSTREAM_PROXY cannot be used."), message);
        assertTrue(message.contains("http://user:password@proxy.example.com:3128"), message);
        assertFalse(message.contains("hunter"), message);
    }
}
