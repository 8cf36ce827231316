// The scenarios of AG-UI's client.

import { HttpAgent } from '@ag-ui/client';
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describeApi } from './api.mjs';
import { resumingFetch } from './resuming-fetch.mjs';
import { all, below, LIMIT, origins, PROMPT, Scenario } from './scenario.mjs';

const agent = ({ origin, key, fetch }, headers) => new HttpAgent({
  fetch,
  url: `${below(origin, '/agui')}/agent`,
  headers: { Authorization: `Bearer ${key}`, ...headers },
  threadId: 'thread_1',
  initialMessages: [{ id: 'message-1', role: 'user', content: PROMPT }],
});

/** The events of a run, as a subscriber is told of them. */
async function* eventsOf(running, signal) {
  const events = [];
  let tell;
  signal?.addEventListener('abort', () => running.abortRun());
  const run = running.runAgent({ runId: 'run_1' }, { onEvent: ({ event }) => { events.push(event); tell?.(); } });
  let over = false;
  run.then(() => { over = true; tell?.(); }, () => { over = true; tell?.(); });
  while (!over || events.length > 0) {
    if (events.length > 0) {
      yield events.shift();
    } else {
      await new Promise(resolve => { tell = resolve; });
    }
  }
  await run;
}

const api = {
  client: (origin, key, { fetch }) => ({ origin, key, fetch }),
  aborted: e => e.name === 'AbortError',
  stream: (client, { headers, signal }) => eventsOf(agent(client, headers), signal),
  async folded(client, { headers }) {
    const running = agent(client, headers);
    await running.runAgent({ runId: 'run_1' });
    return running.messages;
  },
  resumed(client, headers) {
    return this.stream({ ...client, fetch: resumingFetch(client.fetch) }, { headers });
  },
  seen(events) {
    const joined = (type, of = () => true) => events.filter(e => e.type === type && of(e)).map(e => e.delta).join('');
    const tools = events.filter(e => e.type === 'TOOL_CALL_START').map(({ toolCallId: id, toolCallName: name }) => {
      const input = joined('TOOL_CALL_ARGS', e => e.toolCallId === id);
      return { id, name, input: input === '' ? null : JSON.parse(input) };
    });
    return { text: joined('TEXT_MESSAGE_CONTENT'), reasoning: joined('REASONING_MESSAGE_CONTENT'), tools };
  },
  seenWhole(messages) {
    const joined = role => messages.filter(message => message.role === role).map(({ content }) => content ?? '').join('');
    return { text: joined('assistant'), reasoning: joined('reasoning'), tools: [] };
  },
  text: 'agui/text.case',
  word: 'Hei',
  streams: ['agui/text.case', 'agui/reasoning.case', 'agui/tool-calls.case', 'agui/tool-calls-interleaved.case', 'agui/usage.case'],
  bodies: [],
  error: { name: 'agui/error.case', message: /API request failed/, told: events => events.at(-1).message },
  refusal: /429.*Slow down/s,
};

describeApi('agent', api);

/** A response whose connection breaks behind its first piece. */
function broken(response) {
  const reader = response.body.getReader();
  let pieces = 0;
  const body = new ReadableStream({
    async pull(controller) {
      if (pieces++ > 0) {
        await reader.cancel();
        throw new TypeError('terminated');
      }
      controller.enqueue((await reader.read()).value);
    },
  }, { highWaterMark: 0 });
  return new Response(body, response);
}

/** A response that is another one. */
function instead(status) {
  return async response => {
    await response.body.cancel();
    return Response.json({ error: { code: 'of the test' } }, { status });
  };
}

/** A fetch that gives the answers, each made from the gateway's own, then the gateway's own. */
function answering(...answers) {
  return async (...call) => (answers.shift() ?? (own => own))(await fetch(...call));
}

it('goes on behind a broken connection where the gateway is busy at first', LIMIT, async () => {
  const scenario = new Scenario();
  const client = { origin: origins.gateway, key: scenario.key, fetch: answering(broken, instead(503)) };

  const events = await all(api.resumed(client, scenario.headers(api.text, `long=${api.word}`)));

  assert.equal(events.at(0).type, 'RUN_STARTED');
  assert.equal(events.at(-1).type, 'RUN_FINISHED');
  assert.equal((await scenario.calls()).length, 1);
});

it('says why a stream does not go on', LIMIT, async () => {
  const scenario = new Scenario();
  const fetching = resumingFetch(answering(broken, instead(410)));

  const response = await fetching(`${below(origins.gateway, '/agui')}/agent`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${scenario.key}`, 'Content-Type': 'application/json', ...scenario.headers(api.text) },
    body: JSON.stringify({ threadId: 'thread_1', runId: 'run_1', messages: [{ id: 'message-1', role: 'user', content: PROMPT }] }),
  });

  await assert.rejects(response.text(), /The rest of the stream: 410 .*of the test/);
});
