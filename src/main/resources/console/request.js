import { html, nothing } from "lit";
import { View } from "./element.js";
import { call, path } from "./api.js";
import { bytes, count, fullMoment, NOTHING } from "./format.js";
import { Poll, REST_MIN, Setback } from "./live.js";
import { firstLine, jsonText, longText } from "./text.js";
import "./transcript.js";

/** A longer body is shown as text, without being read. */
const PARSED_MAX = 2_000_000;

/** What was asked, byte for byte, and all that is known of the run. */
class Request extends View {
  static properties = { run: { attribute: false }, body: { state: true }, problem: { state: true } };

  constructor() {
    super();
    new Poll(this, REST_MIN, () => (this.problem?.isOver ? this.load() : null));
  }

  updated(changed) {
    if (changed.has("run") && this.run && this.run.id !== this.asked) {
      this.asked = this.run.id;
      this.load();
    }
  }

  async load() {
    try {
      this.body = await (await call(path(["runs", this.run.id, "request"]), { accept: "*/*" })).text();
      this.problem = null;
    } catch (failure) {
      this.problem = new Setback(failure, this.problem);
    }
  }

  render() {
    const run = this.run;
    const facts = [
      ["Run", run.id], ["Agent API's run", run.upstreamRunId], ["Thread", run.threadId], ["Agent", run.agent], ["Model", run.model],
      ["Path", run.path], ["Agent API", run.upstream], ["Status of the response", run.upstreamStatus], ["Finish reason", run.finishReason],
      ["Began", fullMoment(run.createdAt)], ["First event", fullMoment(run.firstEventAt)], ["Ended", fullMoment(run.completedAt)],
      ["Frames", count(run.frameCount)], ["Bytes", bytes(run.byteCount)], ["Digest", run.digest], ["Owner", run.owner],
      ["Input tokens", count(run.usage?.inputTokens)], ["Cached", count(run.usage?.cachedInputTokens)],
      ["Output tokens", count(run.usage?.outputTokens)], ["Reasoning tokens", count(run.usage?.reasoningTokens)],
      ["Metadata", hasAny(run.metadata) ? JSON.stringify(run.metadata) : null],
      ["Config", hasAny(run.config) ? JSON.stringify(run.config) : null],
    ].filter(([, value]) => value !== null && value !== undefined && value !== NOTHING);
    return html`
      <h2 class="section">Body as it was sent</h2>
      ${this.problem ? html`<p class="problem" role="alert">${this.problem.text}</p>` : nothing}
      ${this.body === undefined ? nothing : this.shownBody()}
      <h2 class="section">The run</h2>
      <dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${firstLine(value, 4000)}</dd></div>`)}</dl>`;
  }

  shownBody() {
    if (this.body.length > PARSED_MAX) {
      return longText(this.body);
    }
    try {
      const text = jsonText(JSON.parse(this.body));
      return text.length > 20_000 ? longText(text) : html`<rt-code .code=${text}></rt-code>`;
    } catch {
      return longText(this.body);
    }
  }
}

const hasAny = object => object && Object.keys(object).length > 0;

customElements.define("rt-request", Request);

/** The call again, as a line for a shell. The key is not in it, but the variable that has it. */
export function asCurl(run, body) {
  const quoted = text => "'" + text.replaceAll("'", "'\\''") + "'";
  return [
    "curl -N " + quoted(location.origin + run.path),
    "-H \"X-API-Key: $RUNTAPE_KEY\"",
    "-H 'Content-Type: application/json'",
    "-d " + quoted(body),
  ].join(" \\\n  ");
}
