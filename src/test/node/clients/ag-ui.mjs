// The scenarios of AG-UI's client.

import { HttpAgent } from '@ag-ui/client';
import { describeApi } from './api.mjs';
import { resumingFetch } from './resuming-fetch.mjs';
import { below, PROMPT } from './scenario.mjs';

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

describeApi('agent', {
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
});
