// The scenarios of an API whose client opens a stream by one call, and comes back by making that call again.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { all, CUTS, expectedOf, LIMIT, origins, Scenario, spokenIn } from './scenario.mjs';

/** Longer than a call to a gateway that does not wait, shorter than a test's patience. */
const TIMEOUT_MS = 1500;

/** More than the clients' own two, for a gateway on a busy machine that may be too late for the first of them, too. */
const REPEATS_MAX = 10;

/** What the gateway's 503 says in Retry-After. It answers so where a commit takes seconds, as on a disk that others use. */
const RETRY_AFTER_MS = 2000;

/** Runs that are cut at the same time. */
const SIDE_BY_SIDE = 4;

/**
 * What an API is to these scenarios:
 *
 * client(origin, key, options)    the client, of its own package
 * stream(client, options)         opens a stream; resolves to an async iterable of its events
 * whole(client, options)          resolves to a whole response
 * folded(client, options)         the client's own reader of streams: resolves to what whole does
 * seen(events), seenWhole(it)     text, reasoning and tools, as spokenIn has them
 * streams, bodies                 cases that are played
 * error: {name, message, told}     a case with an error after a 200, and what the client says of it; told finds it in the
 *                                 events, where the client does not throw it
 * refusal                         what the client says of a 429, where it does not come again by itself
 * word                            marks the event of `text` that comes many times in a long stream
 * resumed(client, headers)        an async iterable of the events of a run, however often its connection is cut
 * sideBySide                      how many runs are cut at the same time, where the client waits long before it comes back
 * aborted(e)                      whether the client says that it was aborted
 * streamUntilLeft(client, options) opens a stream whose run is cancelled where the client leaves, if the API has words for that
 * cancellable: {name, cancel(client, first, options)} a case, and the client's own call that cancels its run, of which the
 *                                 first event is known
 */
export function describeApi(name, api) {
  const clientOf = (scenario, options = {}) => api.client(origins.gateway, scenario.key, options);

  describe(name, { concurrency: true, ...LIMIT }, () => {
    for (const played of api.streams) {
      it(`streams ${played}`, LIMIT, async () => {
        const scenario = new Scenario();

        const events = await all(api.stream(clientOf(scenario), { headers: scenario.headers(played) }));

        assert.deepEqual(api.seen(events), spokenIn(expectedOf(played).transcript));
        await scenario.ran(played);
      });
    }

    if (api.folded) {
      it('folds a stream into a whole response', LIMIT, async () => {
        const scenario = new Scenario();

        const whole = await api.folded(clientOf(scenario), { headers: scenario.headers(api.text) });

        assert.deepEqual(api.seenWhole(whole), spokenIn(expectedOf(api.text).transcript));
        await scenario.ran(api.text);
      });
    }

    for (const played of api.bodies) {
      it(`answers ${played}`, LIMIT, async () => {
        const scenario = new Scenario();

        const whole = await api.whole(clientOf(scenario), { headers: scenario.headers(played) });

        assert.deepEqual(api.seenWhole(whole), spokenIn(expectedOf(played).transcript));
        await scenario.ran(played);
      });
    }

    it('shows an error after a 200', LIMIT, async () => {
      const scenario = new Scenario();

      const stream = await api.stream(clientOf(scenario), { headers: scenario.headers(api.error.name) });

      const told = api.error.told ? api.error.told(await all(stream)) : await all(stream).then(() => 'nothing', e => e.message);
      assert.match(told, api.error.message);
      await scenario.ran(api.error.name);
    });

    it(api.refusal ? 'shows a 429' : 'comes again by itself after a 429', LIMIT, async () => {
      const scenario = new Scenario();
      const call = async () => all(await api.stream(clientOf(scenario), { headers: scenario.headers(api.text, 'busy') }));

      if (api.refusal) {
        await assert.rejects(call, e => api.refusal.test(e.message));
      }
      const events = await call();

      assert.deepEqual(api.seen(events), spokenIn(expectedOf(api.text).transcript));
      assert.equal((await scenario.calls()).length, 2);
      const [refused, answered] = await scenario.runs(2);
      assert.deepEqual([refused.status, refused.reason, refused.upstreamStatus], ['failed', 'upstream_error', 429]);
      assert.deepEqual(refused.error, { code: 'rate_limit_error', message: 'Slow down.' });
      await scenario.is(answered, api.text);
    });

    it('leaves a stream, and the run goes on', LIMIT, async () => {
      const scenario = new Scenario();
      const leaving = new AbortController();
      const stream = await api.stream(
        clientOf(scenario), { headers: scenario.headers(api.text, 'halved'), signal: leaving.signal });
      const iterator = stream[Symbol.asyncIterator]();
      assert.equal((await iterator.next()).done, false);

      leaving.abort();
      await assert.rejects(async () => { while (!(await iterator.next()).done); throw new Error('ended'); },
        e => e.message === 'ended' || api.aborted(e));
      await scenario.release();

      await scenario.ran(api.text);
      assert.equal((await scenario.calls()).length, 1);
    });

    it('leaves a stream, and so cancels a run that asked for it', LIMIT, async () => {
      const scenario = new Scenario();
      const leaving = new AbortController();
      const headers = scenario.headers(api.text, 'halved');
      const stream = await (api.streamUntilLeft
        ? api.streamUntilLeft(clientOf(scenario), { headers, signal: leaving.signal })
        : api.stream(clientOf(scenario), { headers: { ...headers, 'Runtape-On-Disconnect': 'cancel' }, signal: leaving.signal }));
      assert.equal((await stream[Symbol.asyncIterator]().next()).done, false);

      leaving.abort();

      const [run] = await scenario.runs(1);
      assert.deepEqual([run.status, run.reason], ['cancelled', 'client_disconnected']);
      await scenario.release();
    });

    if (api.cancellable) {
      it('cancels a run', LIMIT, async () => {
        const scenario = new Scenario();
        const client = clientOf(scenario);
        const headers = scenario.headers(api.cancellable.name, 'halved');
        const iterator = (await api.stream(client, { headers }))[Symbol.asyncIterator]();
        const first = (await iterator.next()).value;

        await api.cancellable.cancel(client, first, { headers });
        while (!(await iterator.next()).done);

        const [run] = await scenario.runs(1);
        assert.deepEqual([run.status, run.reason, run.error], ['cancelled', 'cancel_requested', null]);
        const calls = await scenario.calls();
        assert.equal(calls.length, 2);
        assert.match(calls[1].target, /\/cancel(\?|$)/);
      });
    }

    if (api.bodies.length > 0) {
      it('leaves a whole response, and the run goes on', LIMIT, async () => {
        const scenario = new Scenario();
        const leaving = new AbortController();
        const [body] = api.bodies;
        const whole = assert.rejects(
          api.whole(clientOf(scenario), { headers: scenario.headers(body, 'held'), signal: leaving.signal }), api.aborted);
        await scenario.until('the call has come', async () => (await scenario.calls()).length);

        leaving.abort();
        await whole;
        await scenario.release();

        await scenario.ran(body);
      });
    }

    for (const kind of api.refusal ? [] : ['stream', 'whole']) {
      it(`meets its first run again after a time-out (${kind})`, LIMIT, async () => {
        const scenario = new Scenario();
        const played = kind === 'stream' ? api.text : api.bodies[0];
        const headers = { ...scenario.headers(played, 'held'), ...api.keyed?.() };
        const client = clientOf(scenario, {
          timeout: TIMEOUT_MS, maxRetries: REPEATS_MAX, idempotent: true, fetch: scenario.fetch({ 2: () => scenario.release() }),
        });

        const opened = await api[kind](client, { headers });
        const seen = kind === 'stream' ? api.seen(await all(opened)) : api.seenWhole(opened);

        assert.deepEqual(seen, spokenIn(expectedOf(played).transcript));
        const calls = await scenario.calls();
        assert.equal(calls.length, 1);
        await scenario.ran(played);
      });
    }

    it('has every event once and in order, over connections that are cut', LIMIT, async () => {
      const turn = `long=${api.word}`;
      const direct = await all(api.stream(
        api.client(origins.agent, 'none', {}), { headers: new Scenario().headers(api.text, turn) }));
      assert.ok(direct.length > 50);
      let connections = 0;
      let complete = 0;
      const counted = async (...call) => {
        connections++;
        const response = await fetch(...call);
        // Nothing of the run to read, so nothing to cut.
        connections -= response.status === 200 ? 0 : 1;
        return response;
      };

      await Promise.all(Array.from({ length: api.sideBySide ?? SIDE_BY_SIDE }, async () => {
        // All of them but the last of each run were cut.
        while (connections - complete < 1.1 * CUTS) {
          const scenario = new Scenario();
          const client = api.client(origins.dropping, scenario.key, { fetch: counted });

          const events = await all(api.resumed(client, scenario.headers(api.text, turn)));

          complete++;
          assert.deepEqual(events, direct);
          assert.equal((await scenario.calls()).length, 1);
          await scenario.runs(1);
        }
      }));
    });
  });
}

/** Headers with a key that all repeats of one call have. */
export function keyed(headers) {
  return { headers: { ...headers, 'Idempotency-Key': randomUUID() } };
}

/**
 * Makes the call with a key, again and again where its connection is cut or the gateway is busy: each gets the same run from
 * its beginning, of which what was seen is left out.
 *
 * again() opens the run after the first time, if that is another call
 */
export async function* repeated(open, again = open) {
  let seen = 0;
  for (let attempt = 0; ; attempt++) {
    try {
      let at = 0;
      for await (const event of await (attempt === 0 ? open() : again())) {
        if (at++ >= seen) {
          seen++;
          yield event;
        }
      }
      return;
    } catch (e) {
      await untilAgain(e);
    }
  }
}

/** Waits before a call that failed is made again; throws its failure where that is of no use. */
export async function untilAgain(e) {
  // Some clients tell no status.
  if (e.status === 503 || /"store_unavailable"/.test(e.message)) {
    await new Promise(resolve => setTimeout(resolve, RETRY_AFTER_MS));
  } else if (!isCut(e)) {
    throw e;
  }
}

/** Whether the network is to blame, and not somebody's answer. */
function isCut(e) {
  return e instanceof TypeError || e.constructor.name === 'APIConnectionError' || e.name === 'ConnectionError';
}
