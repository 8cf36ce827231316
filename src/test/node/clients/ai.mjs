// The scenarios of the AI SDK's chat transport, which its useChat has below it.

import { DefaultChatTransport, getToolName, isToolUIPart, readUIMessageStream } from 'ai';
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describeApi, keyed, repeated } from './api.mjs';
import { all, below, LIMIT, origins, PROMPT, Scenario } from './scenario.mjs';

const ASKED = {
  trigger: 'submit-message', chatId: 'chat-1', messages: [{ id: 'message-1', role: 'user', parts: [{ type: 'text', text: PROMPT }] }],
};

const api = {
  client: (origin, key, { fetch }) => new DefaultChatTransport(
    { api: `${below(origin, '/aisdk')}/api/chat`, fetch, headers: { Authorization: `Bearer ${key}` } }),
  aborted: e => e.name === 'AbortError',
  stream: (transport, { headers, signal }) => transport.sendMessages({ ...ASKED, headers, abortSignal: signal }),
  async folded(transport, options) {
    let last;
    for await (const message of readUIMessageStream({ stream: await this.stream(transport, options) })) {
      last = message;
    }
    return last;
  },
  // A live run comes from its beginning by the call of resumeStream(), an ended one by its key.
  resumed(transport, headers) {
    const options = keyed(headers);
    const send = () => this.stream(transport, options);
    return repeated(send, async () => await transport.reconnectToStream({ chatId: ASKED.chatId, headers }) ?? send());
  },
  seen(chunks) {
    const joined = type => chunks.filter(chunk => chunk.type === type).map(chunk => chunk.delta).join('');
    const tools = chunks.filter(chunk => chunk.type === 'tool-input-available');
    return {
      text: joined('text-delta'),
      reasoning: joined('reasoning-delta'),
      tools: tools.map(({ toolCallId: id, toolName: name, input }) => ({ id, name, input })),
    };
  },
  seenWhole({ parts }) {
    const joined = type => parts.filter(part => part.type === type).map(part => part.text).join('');
    const tools = parts.filter(isToolUIPart).map(part => ({ id: part.toolCallId, name: getToolName(part), input: part.input }));
    return { text: joined('text'), reasoning: joined('reasoning'), tools };
  },
  text: 'aisdk/text.case',
  word: 'mundo',
  streams: ['aisdk/text.case', 'aisdk/reasoning.case', 'aisdk/tool-input-streaming.case', 'aisdk/finish-reason-length.case'],
  bodies: [],
  error: { name: 'aisdk/error.case', message: /rate limited/, told: chunks => chunks.find(({ type }) => type === 'error').errorText },
  refusal: /Slow down/,
};

describeApi('chat transport', api);

it('resumes the live run of a chat, and finds none after its end', LIMIT, async () => {
  const scenario = new Scenario();
  const transport = api.client(origins.gateway, scenario.key, {});
  const headers = scenario.headers(api.text, 'halved');
  const leaving = new AbortController();
  const reader = (await api.stream(transport, { headers, signal: leaving.signal })).getReader();
  assert.equal((await reader.read()).value.type, 'start');
  leaving.abort();

  const resumed = all(await transport.reconnectToStream({ chatId: ASKED.chatId, headers }));
  await scenario.release();

  assert.deepEqual(api.seen(await resumed).text, 'Olá, mundo 🌎!');
  await scenario.ran(api.text);
  assert.equal(await transport.reconnectToStream({ chatId: ASKED.chatId, headers }), null);
  assert.equal((await scenario.calls()).length, 1);
});
