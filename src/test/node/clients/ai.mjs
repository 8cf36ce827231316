// The scenarios of the AI SDK's chat transport, which its useChat has below it.

import { DefaultChatTransport, getToolName, isToolUIPart, readUIMessageStream } from 'ai';
import { describeApi, keyed, repeated } from './api.mjs';
import { below, PROMPT } from './scenario.mjs';

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
  resumed(transport, headers) {
    const options = keyed(headers);
    return repeated(() => this.stream(transport, options));
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
