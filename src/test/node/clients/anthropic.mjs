// The scenarios of Anthropic's client.

import Anthropic, { APIUserAbortError } from '@anthropic-ai/sdk';
import { describeApi, keyed, repeated } from './api.mjs';
import { below, PROMPT } from './scenario.mjs';

const ASKED = { model: 'claude-sonnet-5', max_tokens: 1024, messages: [{ role: 'user', content: PROMPT }] };

describeApi('messages', {
  client: (origin, apiKey, { timeout, maxRetries, fetch }) => new Anthropic(
    { baseURL: below(origin, '/anthropic'), apiKey, timeout, maxRetries, fetch }),
  aborted: e => e instanceof APIUserAbortError,
  stream: (anthropic, options) => anthropic.messages.create({ ...ASKED, stream: true }, options),
  whole: (anthropic, options) => anthropic.messages.create(ASKED, options),
  folded: (anthropic, options) => anthropic.messages.stream(ASKED, options).finalMessage(),
  keyed: () => keyed({}).headers,
  resumed(anthropic, headers) {
    const options = keyed(headers);
    return repeated(() => this.stream(anthropic, options));
  },
  seen(events) {
    const blocks = [];
    for (const event of events) {
      if (event.type === 'content_block_start') {
        blocks[event.index] = { ...event.content_block, json: '' };
      } else if (event.type === 'content_block_delta') {
        const block = blocks[event.index];
        block.text += event.delta.text ?? '';
        block.thinking += event.delta.thinking ?? '';
        block.json += event.delta.partial_json ?? '';
      }
    }
    return seenIn(blocks.map(block => ({ ...block, input: JSON.parse(block.json || '{}') })));
  },
  seenWhole: message => seenIn(message.content),
  text: 'anthropic/text.case',
  word: 'mitenand',
  streams: ['anthropic/text.case', 'anthropic/thinking.case', 'anthropic/parallel-tools.case', 'anthropic/refusal.case'],
  bodies: ['anthropic/body.case', 'anthropic/body-with-tools.case'],
  error: { name: 'anthropic/error-after-text.case', message: /Overloaded/ },
});

function seenIn(blocks) {
  const joined = type => blocks.filter(block => block.type === type).map(block => block[type]).join('');
  const tools = blocks.filter(block => block.type.endsWith('tool_use')).map(({ id, name, input }) => ({ id, name, input }));
  return { text: joined('text'), reasoning: joined('thinking'), tools };
}
