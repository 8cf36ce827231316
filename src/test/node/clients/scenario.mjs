// What the scenarios of all clients have in common: the agent API that plays recorded cases, and the history of the gateway.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

const CASES = new URL('../../resources/dialects/', import.meta.url);
/** What all of them ask for. */
export const PROMPT = 'Add a health check';

const MEMBERS = ['finishReason', 'model', 'result', 'error'];
const [gateway, agent, scriptLine, ...more] = process.argv.slice(2);
const [dropping, cuts] = more;

/** The arguments of scenarios that have others than most. */
export const MORE = more;

const script = scriptLine.split(': ');

const NO_USAGE = { inputTokens: null, outputTokens: null, cachedInputTokens: null, cacheWriteTokens: null, reasoningTokens: null };

/** The usage that the history shows, with its source: a completed run has one even if the agent API tells none. */
function usageOf({ usage, verdict }) {
  if (usage) return { ...usage, source: 'upstream' };
  return verdict === 'completed' ? { ...NO_USAGE, source: 'none' } : usage;
}

/** The gateway, as a client is told it; the same behind a link that cuts connections; the agent API without the gateway. */
export const origins = { gateway, dropping, agent };

/** Where a client finds an API: below its prefix at the gateway, without one at the agent API itself. */
export function below(origin, prefix) {
  return origin === agent ? origin : origin + prefix;
}

/** At how many places the connections of one API are to be cut. */
export const CUTS = Number(cuts);

/** More than any of them takes on a machine that builds something else as well. */
export const LIMIT = { timeout: 600_000 };

/** What is to be read out of a case: status, usage, transcript and so on. */
export function expectedOf(name) {
  const text = readFileSync(new URL(name, CASES), 'utf8');
  return JSON.parse(text.slice(text.indexOf('\n<<<\n') + 5));
}

/** The parts of what the assistant said, with text and reasoning joined: clients cut them in other places. */
export function spokenIn(transcript) {
  const parts = transcript.filter(message => message.role === 'assistant').flatMap(message => message.parts);
  const joined = type => parts.filter(part => part.type === type).map(part => part.text).join('');
  const tools = parts.filter(part => part.type === 'tool_call').map(({ id, name, input }) => ({ id, name, input }));
  return { text: joined('text'), reasoning: joined('reasoning'), tools };
}

/** Calls that belong together, of a caller that no other scenario is. */
export class Scenario {
  id = randomUUID();
  key = `rt_test_${this.id}`;

  /** What says to the agent API which case it is to play, and how. */
  headers(name, turn = 'now') {
    return { [script[0]]: script[1], 'X-Scenario': this.id, 'X-Case': name, 'X-Turn': turn };
  }

  async #tell(target) {
    const answer = await fetch(`${agent}/${target}`, { headers: this.headers('') });
    assert.equal(answer.status, 200);
    return answer.json();
  }

  /** Lets the agent API go on. */
  release() {
    return this.#tell('release');
  }

  /** The calls that reached the agent API. */
  calls() {
    return this.#tell('calls');
  }

  /** Waits until something is so; returns it. */
  async until(what, is) {
    for (let tries = 0; tries < 1000; tries++) {
      const it = await is();
      if (it) {
        return it;
      }
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    throw new Error(`not within 20 s: ${what}`);
  }

  /** JSON of the history. */
  async history(target) {
    const answer = await fetch(`${gateway}/history/v1${target}`, { headers: { 'X-API-Key': this.key } });
    assert.equal(answer.status, 200, await answer.clone().text());
    return (await answer.json()).data;
  }

  /** The runs of this scenario, oldest first, once they are so many and have ended. */
  runs(count) {
    return this.until(`${count} ended runs`, async () => {
      const runs = await this.history('/runs');
      assert.ok(runs.length <= count, `${runs.length} runs`);
      return runs.length === count && runs.every(run => run.status !== 'running') && runs.reverse();
    });
  }

  /** The only run of this scenario, which is what the case says; its transcript, too. */
  async ran(name) {
    const [run] = await this.runs(1);
    await this.is(run, name);
    return run;
  }

  async is(run, name) {
    const expected = expectedOf(name);
    assert.equal(run.status, expected.verdict);
    for (const member of MEMBERS) {
      assert.deepEqual(run[member], expected[member], member);
    }
    assert.deepEqual(run.usage, usageOf(expected), 'usage');
    const { messages } = await this.history(`/runs/${run.id}/transcript`);
    const asked = { role: 'user', parts: [{ type: 'text', text: PROMPT }] };
    assert.deepEqual(messages.map(({ role, parts }) => ({ role, parts })), [asked, ...expected.transcript]);
  }

  /** Counts calls of a client; what it is told to do at one of them is done before that call. */
  fetch(before = {}) {
    let count = 0;
    return async (...call) => {
      await before[++count]?.();
      return fetch(...call);
    };
  }
}

/** Reads a stream to its end. */
export async function all(stream) {
  const events = [];
  for await (const event of await stream) {
    events.push(event);
  }
  return events;
}
