// What the clients say of the gateway's own errors, of which the test names those that are to be had: 'bounds' of a gateway with
// short ones, 'full' where the caller has too many runs, 'away' where the database does not answer, 'stopping' where the gateway
// takes no new runs.

import { HttpAgent } from '@ag-ui/client';
import Anthropic from '@anthropic-ai/sdk';
import { Client } from '@langchain/langgraph-sdk';
import { DefaultChatTransport } from 'ai';
import OpenAI from 'openai';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { all, LIMIT, MORE, origins, PROMPT, Scenario } from './scenario.mjs';

const CASES = {
  openai: 'openai-chat/text.case', anthropic: 'anthropic/text.case', langgraph: 'langgraph/messages-deltas.case',
  ai: 'aisdk/text.case', agui: 'agui/text.case',
};
const BODY_BYTES_MAX = 256 << 10;
const RETRIES = { maxRetries: 1 };

const user = content => ({ role: 'user', content });

/** One call of each client; it comes again once, where it comes again by itself. */
const CALLS = {
  openai: ({ key, headers, content, fetch }) => new OpenAI(
    { baseURL: `${origins.gateway}/openai/v1`, apiKey: key, fetch, ...RETRIES }).chat.completions.create(
    { model: 'gpt-5-nano', messages: [user(content)], stream: true }, { headers }),
  anthropic: ({ key, headers, content, fetch }) => new Anthropic(
    { baseURL: `${origins.gateway}/anthropic`, apiKey: key, fetch, ...RETRIES }).messages.create(
    { model: 'claude-sonnet-5', max_tokens: 1024, messages: [user(content)], stream: true }, { headers }),
  langgraph: ({ key, headers, content, fetch }) => all(new Client(
    { apiUrl: `${origins.gateway}/langgraph`, apiKey: key, defaultHeaders: headers, callerOptions: { fetch, ...RETRIES } })
    .runs.stream('thread-1', 'agent', { input: { messages: [user(content)] } })),
  ai: ({ key, headers, content, fetch }) => new DefaultChatTransport(
    { api: `${origins.gateway}/aisdk/api/chat`, headers: { Authorization: `Bearer ${key}` }, fetch }).sendMessages(
    { trigger: 'submit-message', chatId: 'chat-1', headers,
      messages: [{ id: 'message-1', role: 'user', parts: [{ type: 'text', text: content }] }] }),
  agui: ({ key, headers, content, fetch }) => new HttpAgent(
    { url: `${origins.gateway}/agui/agent`, headers: { Authorization: `Bearer ${key}`, ...headers }, fetch,
      initialMessages: [{ id: 'message-1', ...user(content) }] }).runAgent(),
};

/** The clients that know the gateway's code and the request's id by name; the others show the whole error as their message. */
const READING = ['openai', 'anthropic'];

/** Makes the call, and checks what its client says of the refusal: {status, code, message, sent, pause}. */
async function refused(name, said, { scenario = new Scenario(), content = PROMPT, headers = {}, turn = 'now' } = {}) {
  const sent = [];
  const call = {
    key: scenario.key,
    headers: { ...scenario.headers(CASES[name], turn), ...headers },
    content,
    fetch: (...sending) => { sent.push(Date.now()); return fetch(...sending); },
  };
  await assert.rejects(async () => CALLS[name](call), e => {
    assert.match(e.message, said.message);
    if (READING.includes(name)) {
      assert.equal(e.status, said.status);
      assert.equal(e.type, said.code);
      assert.match(e.requestID, /^req_/);
    } else {
      assert.match(e.message, new RegExp(`"code":"${said.code}"`));
      assert.match(e.message, /"requestId":"req_/);
    }
    return true;
  });
  const tries = READING.includes(name) ? said.sent : 1;
  assert.equal(sent.length, tries);
  // A timer may be early by a millisecond.
  assert.ok(tries === 1 || sent[1] - sent[0] >= 1000 * said.pause - 10, `${sent[1] - sent[0]} ms`);
  await scenario.release();
}

const MODES = {
  bounds() {
    for (const name of READING) {
      describe(name, { concurrency: true, ...LIMIT }, () => {
        it('400', LIMIT, () => refused(
          name, { status: 400, code: 'invalid_request', message: /Runtape-Event-Id.*Runtape-Event-Ids/, sent: 1 },
          { headers: { 'Runtape-Event-Id': 'true' } }));

        // Anthropic's preset takes longer bodies.
        it('413', { ...LIMIT, skip: name === 'anthropic' }, () => refused(
          name, { status: 413, code: 'body_too_large', message: /262144/, sent: 1 }, { content: 'x'.repeat(BODY_BYTES_MAX) }));

        it('504', LIMIT, () => refused(
          name, { status: 504, code: 'upstream_timeout', message: /did not answer in time/, sent: 1 }, { turn: 'held' }));
      });
    }
  },

  full() {
    const scenario = new Scenario();
    [, scenario.key] = MORE;
    it('429', LIMIT, () => everyClient(
      { status: 429, code: 'too_many_runs', message: /Too many of your runs are live/, sent: 2, pause: 2 }, scenario));
  },

  away() {
    it('503', LIMIT, () => everyClient(
      { status: 503, code: 'store_unavailable', message: /The database does not answer/, sent: 2, pause: 2 }));
  },

  stopping() {
    it('503', LIMIT, () => everyClient(
      { status: 503, code: 'shutting_down', message: /The gateway is stopping and takes no new runs/, sent: 2, pause: 5 }));
  },
};

/** Every client at once, none of whose calls reaches the agent API. */
async function everyClient(said, scenario = new Scenario()) {
  await Promise.all(Object.keys(CALLS).map(name => refused(name, said, { scenario })));
  assert.equal((await scenario.calls()).length, 0);
}

MODES[MORE[0]]();
