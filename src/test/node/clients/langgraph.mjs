// The scenarios of LangGraph's client.

import { Client } from '@langchain/langgraph-sdk';
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describeApi, keyed, repeated } from './api.mjs';
import { all, below, LIMIT, origins, PROMPT, Scenario } from './scenario.mjs';

const AGENT = 'agent';
const THREAD = '6b1d2f0e-3f0b-4c84-9d5a-0f6f2b7d9c11';
const ASKED = { input: { messages: [{ role: 'user', content: PROMPT }] } };

// Its calls take no headers of their own.
const made = ({ origin, key, fetch }, headers) => new Client(
  { apiUrl: below(origin, '/langgraph'), apiKey: key, defaultHeaders: headers, callerOptions: { fetch } });

describeApi('runs', {
  client: (origin, key, { fetch }) => ({ origin, key, fetch }),
  aborted: e => e.name === 'AbortError',
  stream: (client, { headers, signal }) =>
    made(client, headers).runs.stream(THREAD, AGENT, { ...ASKED, streamMode: 'messages-tuple', signal }),
  streamUntilLeft: (client, { headers, signal }) =>
    made(client, headers).runs.stream(THREAD, AGENT, { ...ASKED, streamMode: 'messages-tuple', onDisconnect: 'cancel', signal }),
  whole: (client, { headers, signal }) => made(client, headers).runs.wait(THREAD, AGENT, { ...ASKED, signal }),
  // It comes back by itself, after a second or two, once it has the head of the first response.
  resumed(client, headers) {
    const options = keyed(headers);
    return repeated(() => this.stream(client, options));
  },
  sideBySide: 16,
  seen(parts) {
    const messages = new Map();
    for (const { event, data: [message] } of parts.filter(part => /^messages($|\/partial|\/complete)/.test(part.event))) {
      const before = messages.get(message.id);
      if (before && event === 'messages') {
        before.text += textOf(message);
        before.chunks.push(...message.tool_call_chunks ?? []);
      } else {
        messages.set(message.id, { type: message.type, text: textOf(message), chunks: [...message.tool_call_chunks ?? []] });
      }
    }
    const spoken = [...messages.values()].filter(({ type }) => /^(ai|AIMessageChunk)$/.test(type));
    return { text: spoken.map(({ text }) => text).join(''), reasoning: '', tools: spoken.flatMap(({ chunks }) => joined(chunks)) };
  },
  seenWhole({ messages }) {
    const text = messages.slice(messages.findLastIndex(({ type }) => type === 'human')).filter(({ type }) => type === 'ai');
    return { text: text.map(textOf).join(''), reasoning: '', tools: [] };
  },
  text: 'langgraph/messages-deltas.case',
  word: 'sonnig',
  streams: [
    'langgraph/messages-deltas.case', 'langgraph/messages-partial-cumulative.case', 'langgraph/tool-call-chunks-parallel.case'],
  bodies: ['langgraph/wait-state.case'],
  error: { name: 'langgraph/error.case', message: /Recursion limit/, told: parts => parts.at(-1).data.message },
  refusal: /429.*Slow down/s,
  cancellable: {
    name: 'langgraph/messages-deltas.case',
    cancel: (client, { data }, { headers }) => made(client, headers).runs.cancel(THREAD, data.run_id),
  },
});

function textOf({ content }) {
  return typeof content === 'string' ? content : content.map(block => block.text ?? '').join('');
}

function joined(chunks) {
  const calls = [];
  for (const { index, id, name, args } of chunks) {
    calls[index] ??= { id, name, input: '' };
    calls[index].input += args;
  }
  return calls.map(call => ({ ...call, input: JSON.parse(call.input) }));
}

it('joins a run in the midst of it, and after its end', LIMIT, async () => {
  const scenario = new Scenario();
  const client = made({ origin: origins.gateway, key: scenario.key }, scenario.headers('langgraph/messages-deltas.case', 'halved'));
  const leaving = new AbortController();
  let run;
  const parts = [];
  for await (const part of client.runs.stream(
    THREAD, AGENT, { ...ASKED, streamMode: 'messages-tuple', signal: leaving.signal, onRunCreated: created => { run = created; } })) {
    parts.push(part);
    if (parts.length === 2) {
      break;
    }
  }
  leaving.abort();
  assert.equal(run.thread_id, THREAD);

  const joined = all(client.runs.joinStream(THREAD, run.run_id, { lastEventId: parts.at(-1).id }));
  await scenario.release();
  parts.push(...await joined);
  const ended = await all(client.runs.joinStream(THREAD, run.run_id, { lastEventId: '-1' }));

  assert.deepEqual(parts.map(part => part.id), ['0', '1', '2', '3', '4', '5']);
  assert.deepEqual(ended, parts);
  assert.equal((await scenario.calls()).length, 1);
  await scenario.ran('langgraph/messages-deltas.case');
});
