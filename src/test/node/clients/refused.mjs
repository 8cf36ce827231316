// What the clients say of the gateway's own errors. The gateway has short bounds here.

import OpenAI from 'openai';
import Anthropic from '@anthropic-ai/sdk';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LIMIT, origins, PROMPT, Scenario } from './scenario.mjs';

const BODY_BYTES_MAX = 256 << 10;
const RETRIES = { maxRetries: 1 };
const CASES = { openai: 'openai-chat/text.case', anthropic: 'anthropic/text.case' };

const calls = {
  openai: (scenario, content, headers, more) => new OpenAI(
    { baseURL: `${origins.gateway}/openai/v1`, apiKey: scenario.key, fetch: more.fetch, ...RETRIES }).chat.completions.create(
    { model: 'gpt-5-nano', messages: [{ role: 'user', content }], stream: true }, { headers }),
  anthropic: (scenario, content, headers, more) => new Anthropic(
    { baseURL: `${origins.gateway}/anthropic`, apiKey: scenario.key, fetch: more.fetch, ...RETRIES }).messages.create(
    { model: 'claude-sonnet-5', max_tokens: 1024, messages: [{ role: 'user', content }], stream: true }, { headers }),
};

for (const [name, call] of Object.entries(calls)) {
  describe(name, { concurrency: true, ...LIMIT }, () => {
    const refused = async (said, { content = PROMPT, headers = {}, turn = 'now' } = {}) => {
      const scenario = new Scenario();
      let sent = 0;
      const counted = { fetch: (...sending) => (sent++, fetch(...sending)) };
      await assert.rejects(call(scenario, content, { ...scenario.headers(CASES[name], turn), ...headers }, counted), e => {
        assert.equal(e.status, said.status);
        assert.equal(e.type, said.code);
        assert.match(e.message, said.message);
        assert.match(e.requestID, /^req_/);
        return true;
      });
      assert.equal(sent, said.sent);
      await scenario.release();
    };

    it('400', LIMIT, () => refused(
      { status: 400, code: 'invalid_request', message: /Runtape-Event-Id.*Runtape-Event-Ids/, sent: 1 },
      { headers: { 'Runtape-Event-Id': 'true' } }));

    // Anthropic's preset takes longer bodies.
    it('413', { ...LIMIT, skip: name === 'anthropic' }, () => refused(
      { status: 413, code: 'body_too_large', message: /262144/, sent: 1 }, { content: 'x'.repeat(BODY_BYTES_MAX) }));

    it('504', LIMIT, () => refused({ status: 504, code: 'upstream_timeout', message: /upstream|agent/i, sent: 1 }, { turn: 'held' }));
  });
}
