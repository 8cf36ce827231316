package io.runtape.guide;

import com.launchdarkly.eventsource.ConnectStrategy;
import com.launchdarkly.eventsource.ErrorStrategy;
import com.launchdarkly.eventsource.EventSource;
import com.launchdarkly.eventsource.HttpConnectStrategy;
import com.launchdarkly.eventsource.MessageEvent;
import com.launchdarkly.eventsource.RetryDelayStrategy;
import com.launchdarkly.eventsource.StreamException;
import com.launchdarkly.eventsource.StreamHttpErrorException;
import java.io.IOException;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import okhttp3.Interceptor;
import okhttp3.Response;

/** Reads the events of a run, each once, whatever happens to the connection. */
final class LaunchDarklyTail {

    /** Stands for 204, which this client takes for a stream that broke off. Nobody answers it. */
    private static final int NOTHING_MORE = 444;

    private LaunchDarklyTail() {}

    /** Of the events at {@code …/history/v1/runs/{id}/events}, hands ids and data to the reader; returns at the run's end. */
    static void read(URI events, String key, BiConsumer<String, String> reader) throws StreamException {
        HttpConnectStrategy connect = ConnectStrategy.http(events)
                .header("X-API-Key", key)
                .clientBuilderActions(client -> client.addInterceptor(LaunchDarklyTail::refuseNothing));
        EventSource.Builder source = new EventSource.Builder(connect)
                .lastEventId("0")
                .errorStrategy(new ComeBack())
                .retryDelayStrategy(RetryDelayStrategy.defaultStrategy().maxDelay(1, TimeUnit.SECONDS));
        try (EventSource open = source.build()) {
            MessageEvent event = open.readMessage();
            while (!event.getEventName().equals("runtape.end")) {
                reader.accept(event.getLastEventId(), event.getData());
                event = open.readMessage();
            }
        } catch (StreamHttpErrorException e) {
            if (e.getCode() != NOTHING_MORE) {
                throw e;
            }
        }
    }

    private static Response refuseNothing(Interceptor.Chain chain) throws IOException {
        Response response = chain.proceed(chain.request());
        return response.code() == 204 ? response.newBuilder().code(NOTHING_MORE).build() : response;
    }

    /** After everything but a response that says no. */
    private static final class ComeBack extends ErrorStrategy {
        @Override
        public Result apply(StreamException failure) {
            return new Result(failure instanceof StreamHttpErrorException ? Action.THROW : Action.CONTINUE, this);
        }
    }
}
