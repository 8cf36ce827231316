// The scenarios of OpenAI's client, for both of its APIs.

import OpenAI, { APIUserAbortError } from 'openai';
import { describe } from 'node:test';
import { describeApi, keyed, repeated, untilAgain } from './api.mjs';
import { below, PROMPT } from './scenario.mjs';

function client(origin, apiKey, { timeout, maxRetries, fetch, idempotent }) {
  const made = new OpenAI({ baseURL: `${below(origin, '/openai')}/v1`, apiKey, timeout, maxRetries, fetch });
  if (idempotent) {
    made.idempotencyHeader = 'Idempotency-Key';
  }
  return made;
}

const aborted = e => e instanceof APIUserAbortError;

const responses = {
  client,
  aborted,
  stream: (openai, options) =>
    openai.responses.create({ model: 'gpt-5-nano', input: PROMPT, stream: true }, options),
  whole: (openai, options) => openai.responses.create({ model: 'gpt-5-nano', input: PROMPT }, options),
  folded: async (openai, options) =>
    openai.responses.stream({ model: 'gpt-5-nano', input: PROMPT }, options).finalResponse(),
  async *resumed(openai, headers) {
    const options = keyed(headers);
    let id;
    let last;
    for (;;) {
      try {
        const stream = id === undefined
          ? await this.stream(openai, options)
          : await openai.responses.retrieve(id, { stream: true, starting_after: last }, { headers });
        for await (const event of stream) {
          id ??= event.response.id;
          last = event.sequence_number;
          yield event;
        }
        return;
      } catch (e) {
        await untilAgain(e);
      }
    }
  },
  seen(events) {
    const joined = (...types) => events.filter(e => types.includes(e.type)).map(e => e.delta).join('');
    return {
      text: joined('response.output_text.delta'),
      reasoning: joined('response.reasoning_summary_text.delta', 'response.reasoning_text.delta'),
      tools: toolsOf(events.filter(e => e.type === 'response.output_item.done').map(e => e.item)),
    };
  },
  seenWhole({ output, output_text: text }) {
    const thoughts = output.filter(item => item.type === 'reasoning').flatMap(item => [...item.summary, ...item.content ?? []]);
    return { text, reasoning: thoughts.map(part => part.text).join(''), tools: toolsOf(output) };
  },
  text: 'openai-responses/text.case',
  word: 'mitenand',
  streams: [
    'openai-responses/text.case', 'openai-responses/reasoning.case', 'openai-responses/parallel-tools.case',
    'openai-responses/incomplete-max-tokens.case'],
  bodies: ['openai-responses/body-with-tools.case'],
  error: { name: 'openai-responses/error-nested-then-failed.case', message: /You exceeded your current quota/ },
  cancellable: {
    name: 'openai-responses/background-cancelled.case',
    cancel: (openai, { response }, options) => openai.responses.cancel(response.id, options),
  },
};

function toolsOf(items) {
  return items
    .filter(item => item.type === 'function_call')
    .map(item => ({ id: item.call_id, name: item.name, input: JSON.parse(item.arguments) }));
}

const chat = {
  client,
  aborted,
  stream: (openai, options) => openai.chat.completions.create(
    { model: 'gpt-5-nano', messages: [{ role: 'user', content: PROMPT }], stream: true,
      stream_options: { include_usage: true } }, options),
  whole: (openai, options) => openai.chat.completions.create(
    { model: 'gpt-5-nano', messages: [{ role: 'user', content: PROMPT }] }, options),
  folded: async (openai, options) => {
    const stream = openai.chat.completions.stream(
      { model: 'gpt-5-nano', messages: [{ role: 'user', content: PROMPT }] }, options);
    return stream.finalChatCompletion();
  },
  resumed(openai, headers) {
    const options = keyed(headers);
    return repeated(() => this.stream(openai, options));
  },
  seen(events) {
    const deltas = events.flatMap(e => e.choices.filter(choice => choice.index === 0)).map(choice => choice.delta ?? {});
    const calls = [];
    for (const { index, id, function: { name, arguments: more = '' } } of deltas.flatMap(delta => delta.tool_calls ?? [])) {
      calls[index] ??= { id, name, input: '' };
      calls[index].input += more;
    }
    return {
      text: deltas.map(delta => delta.content ?? '').join(''),
      reasoning: deltas.map(delta => delta.reasoning_content ?? '').join(''),
      tools: calls.map(call => ({ ...call, input: JSON.parse(call.input) })),
    };
  },
  seenWhole({ choices: [{ message }] }) {
    const tools = (message.tool_calls ?? []).map(({ id, function: called, custom }) =>
      custom ? { id, ...custom } : { id, name: called.name, input: JSON.parse(called.arguments || '{}') });
    return { text: message.content ?? '', reasoning: message.reasoning_content ?? '', tools };
  },
  text: 'openai-chat/text.case',
  word: 'mitenand',
  streams: [
    'openai-chat/text.case', 'openai-chat/reasoning-content.case', 'openai-chat/parallel-tools.case',
    'openai-chat/azure-first-chunk.case', 'openai-chat/length.case'],
  bodies: ['openai-chat/body.case', 'openai-chat/body-with-tools.case'],
  error: { name: 'openai-chat/error-numeric-then-chunks.case', message: /Upstream is down/ },
};

describe('openai', { concurrency: true }, () => {
  describeApi('responses', responses);
  describeApi('chat completions', chat);
});
