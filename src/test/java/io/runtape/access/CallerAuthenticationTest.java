package io.runtape.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorReply;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CallerAuthenticationTest {
    private static final byte[] KEY = new byte[32];

    private record Settings(
            String auth, Optional<Boolean> anonymous, Optional<String> secret, Optional<String> upstreamUrl)
            implements AccessConfig, GatewayCredentials {

        @Override
        public List<String> headers() {
            return List.of();
        }

        @Override
        public boolean isDemo() {
            return upstreamUrl.isEmpty();
        }

        @Override
        public List<String> credentialHeaders() {
            return List.of("X-API-Key", "Authorization");
        }
    }

    private static final Settings WITH_UPSTREAM =
            new Settings("caller", Optional.empty(), Optional.empty(), Optional.of("https://agents.example"));
    private static final Settings WITH_DEMO =
            new Settings("caller", Optional.empty(), Optional.empty(), Optional.empty());

    private Vertx vertx;
    private HttpServer server;
    private CallerAuthentication callers = callers(WITH_UPSTREAM, secret -> secret.orElse(KEY));

    @BeforeEach
    void serve() {
        vertx = Vertx.vertx();
        Router router = Router.router(vertx);
        router.get("/v1")
                .handler(context -> context.response()
                        .end(callers.ownerOf(context.request()).id()));
        router.get("/history").handler(this::read);
        server = vertx.createHttpServer()
                .requestHandler(router)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    @AfterEach
    void stop() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void givesOneCredentialOneOwnerInEitherHeader() throws Exception {
        String owner = get("/v1", "X-API-Key", "rt_live_1").body();

        assertTrue(owner.matches("c-[0-9a-f]{32}"), owner);
        assertEquals(owner, get("/v1", "Authorization", "Bearer rt_live_1").body());
        assertEquals(owner, get("/history", "Authorization", "bearer rt_live_1").body());
        assertNotEquals(owner, get("/v1", "X-API-Key", "rt_live_2").body());
    }

    @Test
    void neverRefusesACallOfTheAgentApi() throws Exception {
        assertEquals("anonymous", get("/v1").body());
        assertEquals("anonymous", get("/v1", "Authorization", "Bearer").body());
    }

    @Test
    void closesTheAnonymousHistoryWhereAnUpstreamIsSet() throws Exception {
        HttpResponse<String> response = get("/history");

        assertEquals(401, response.statusCode());
        assertEquals("Bearer", response.headers().firstValue("WWW-Authenticate").orElseThrow());
    }

    @Test
    void opensTheAnonymousHistoryForTheDemoAgent() throws Exception {
        callers = callers(WITH_DEMO, secret -> secret.orElse(KEY));

        assertEquals("anonymous", get("/history").body());
    }

    @Test
    void opensOrClosesTheAnonymousHistoryAsConfigured() throws Exception {
        callers = callers(
                new Settings("caller", Optional.of(true), Optional.empty(), Optional.of("https://a")),
                secret -> secret.orElse(KEY));
        assertEquals(200, get("/history").statusCode());

        callers = callers(
                new Settings("caller", Optional.of(false), Optional.empty(), Optional.empty()),
                secret -> secret.orElse(KEY));
        assertEquals(401, get("/history").statusCode());
    }

    @Test
    void derivesOwnersFromTheSecretAlone() throws Exception {
        String stored = get("/v1", "X-API-Key", "k").body();
        callers = callers(secret("0123456789abcdef"), Optional::orElseThrow);
        String configured = get("/v1", "X-API-Key", "k").body();
        callers = callers(secret("0123456789abcdeg"), secret -> secret.orElse(KEY));

        assertNotEquals(stored, configured);
        assertNotEquals(configured, get("/v1", "X-API-Key", "k").body());
    }

    @Test
    void refusesToStartWithAnUnknownMode() {
        CallerAuthentication teams = callers(
                new Settings("teams", Optional.empty(), Optional.empty(), Optional.empty()),
                secret -> secret.orElse(KEY));

        ConfigurationException refusal = assertThrows(ConfigurationException.class, teams::prepare);

        assertTrue(refusal.getMessage().contains("Allowed values: caller"));
    }

    @Test
    void refusesToStartWithAShortSecretAndDoesNotRepeatIt() {
        CallerAuthentication weak = callers(secret("hunter2"), secret -> secret.orElse(KEY));

        ConfigurationException refusal = assertThrows(ConfigurationException.class, weak::prepare);

        assertFalse(refusal.getMessage().contains("hunter2"));
    }

    @Test
    void repeatsNoResponseToWhoeverBringsNoCredential() {
        assertFalse(callers(WITH_UPSTREAM, secret -> secret.orElse(KEY)).mayRepeat(Owner.ANONYMOUS));
        assertTrue(callers(WITH_UPSTREAM, secret -> secret.orElse(KEY)).mayRepeat(new Owner("c-1")));
        assertTrue(callers(WITH_DEMO, secret -> secret.orElse(KEY)).mayRepeat(Owner.ANONYMOUS));
    }

    @Test
    void sealsNumbersForTheirOwnerAlone() {
        CursorSeal seal = new CursorSeal(callers(WITH_UPSTREAM, secret -> secret.orElse(KEY)));
        Owner owner = new Owner("c-1");
        for (long number : new long[] {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE}) {
            String sealed = seal.sealed(owner, number);
            assertEquals(OptionalLong.of(number), seal.opened(owner, sealed));
            assertEquals(sealed, seal.sealed(owner, number));
            assertEquals(OptionalLong.empty(), seal.opened(new Owner("c-2"), sealed));
            assertEquals(OptionalLong.empty(), seal.opened(owner, sealed.substring(1) + sealed.charAt(0)));
            assertEquals(OptionalLong.empty(), seal.opened(owner, sealed + "AAAA"));
        }
        assertNotEquals(seal.sealed(owner, 1), seal.sealed(new Owner("c-2"), 1));
        CursorSeal another = new CursorSeal(callers(WITH_UPSTREAM, secret -> new byte[] {1, 2, 3}));
        assertEquals(OptionalLong.empty(), another.opened(owner, seal.sealed(owner, 1)));
        for (String word : List.of("", "x", "?", "1099511627951")) {
            assertEquals(OptionalLong.empty(), seal.opened(owner, word));
        }
    }

    private static CallerAuthentication callers(Settings settings, OwnerKeyStore store) {
        return new CallerAuthentication(settings, store, new CredentialHeaders(settings, settings), settings);
    }

    private static Settings secret(String secret) {
        return new Settings("caller", Optional.empty(), Optional.of(secret), Optional.of("https://agents.example"));
    }

    private void read(RoutingContext context) {
        try {
            context.response().end(callers.readerOf(context.request()).id());
        } catch (ApiException refusal) {
            ErrorReply.write(context, refusal);
        }
    }

    private HttpResponse<String> get(String path, String... headers) throws Exception {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.actualPort() + path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
    }
}
