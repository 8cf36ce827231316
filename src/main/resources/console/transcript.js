import { html, nothing } from "lit";
import { View } from "./element.js";
import { count, fullMoment, moment } from "./format.js";
import { codeBlock, markdown } from "./markdown.js";
import { firstLine, jsonText, longText, shown } from "./text.js";
import { runHref } from "./router.js";

/** So much of one text is read as Markdown; what follows is shown as it came. */
const MARKDOWN_MAX = 60_000;

/** A text of Markdown. It is made anew only when it changes. */
class Markdown extends HTMLElement {
  set text(text) {
    if (text === this.shownText) {
      return;
    }
    this.shownText = text;
    const rest = text.slice(MARKDOWN_MAX);
    this.replaceChildren(markdown(text.slice(0, MARKDOWN_MAX)));
    if (rest) {
      const more = document.createElement("rt-text");
      more.text = rest;
      this.append(more);
    }
  }
}

customElements.define("rt-markdown", Markdown);

/** A block of code, in colours. */
class Code extends HTMLElement {
  set code(code) {
    if (code !== this.shownCode) {
      this.shownCode = code;
      this.replaceChildren(codeBlock(shown(code), "json"));
    }
  }
}

customElements.define("rt-code", Code);

/** A message of more parts shows its first and its last ones. */
const FIRST_PARTS = 60;
const LAST_PARTS = 60;

const ROLES = { user: "User", assistant: "Agent", system: "System", tool: "Tool" };

/** What was said and done. */
class Transcript extends View {
  static properties = {
    messages: { attribute: false },
    truncated: { type: Boolean },
    live: { type: Boolean },
    links: { type: Boolean },
  };

  constructor() {
    super();
    this.messages = [];
    // Which messages somebody wants to see all parts of, by their place: those of a live run come anew again and again.
    this.opened = new Set();
  }

  render() {
    let run = null;
    return html`
      <div class="transcript">
        ${this.messages.map((message, place) => {
          const begins = this.links && message.runId !== run;
          run = message.runId;
          return html`${begins ? this.runMark(message) : nothing}${this.message(message, place)}`;
        })}
        ${this.live ? html`<p class="writing" role="status"><span class="pulse"></span>The agent is at work</p>` : nothing}
        ${this.truncated ? html`<p class="note">The transcript is too long to be shown whole. The events have all of it.</p>` : nothing}
        ${this.messages.length === 0 && !this.live ? html`<p class="muted">Nothing was said.</p>` : nothing}
      </div>`;
  }

  runMark(message) {
    return html`<p class="run-mark"><a href=${runHref(message.runId)}>${message.runId}</a>
      <time datetime=${message.createdAt} title=${fullMoment(message.createdAt)}>${moment(message.createdAt)}</time></p>`;
  }

  message(message, place) {
    const steps = this.stepsOf(message.parts);
    const all = steps.length <= FIRST_PARTS + LAST_PARTS || this.opened.has(place);
    const made = some => some.map(step => this.step(step));
    const parts = all ? made(steps) : [
      ...made(steps.slice(0, FIRST_PARTS)),
      html`<button class="more" @click=${() => { this.opened.add(place); this.requestUpdate(); }}>Show
        ${count(steps.length - FIRST_PARTS - LAST_PARTS)} parts that are between</button>`,
      ...made(steps.slice(-LAST_PARTS))];
    return html`
      <article class="message ${message.role}" aria-label=${ROLES[message.role] ?? message.role}>
        <p class="role">${ROLES[message.role] ?? message.role}</p>
        <div class="parts">
          ${parts}
        </div>
      </article>`;
  }

  /** Each result goes to the call before it that has its id; one without an id, to the call directly before it. */
  stepsOf(parts) {
    const steps = [];
    const open = new Map();
    for (const part of parts) {
      if (part.type === "tool_call") {
        const step = { part, result: null };
        steps.push(step);
        open.set(part.id, step);
      } else if (part.type === "tool_result") {
        const before = steps[steps.length - 1];
        const step = open.get(part.callId) ?? (before?.part.type === "tool_call" && !before.result ? before : null);
        if (step) {
          step.result = part;
          open.delete(part.callId);
        } else {
          steps.push({ part: { type: "tool_call", name: part.name }, result: part });
        }
      } else if (part.type === "error" || part.type === "file" || part.text) {
        steps.push({ part });
      }
    }
    return steps;
  }

  step({ part, result }) {
    switch (part.type) {
      case "text":
        return html`<rt-markdown class="text" .text=${part.text}></rt-markdown>`;
      case "reasoning":
        return this.reasoning(part.text);
      case "tool_call":
        return this.tool(part, result);
      case "error":
        return html`<div class="error" role="note"><strong>${firstLine(part.code ?? "error", 200)}</strong>${longText(part.message ?? "")}</div>`;
      default:
        return this.other(part);
    }
  }

  reasoning(text) {
    return html`<div class="reasoning"><span class="kind">Reasoning</span>${longText(text)}</div>`;
  }

  tool(call, result) {
    const failed = result && (result.failed || (result.exitCode ?? 0) !== 0);
    const state = !result ? (this.live ? "runs" : "no result") : result.partial ? "runs" : failed
      ? (result.exitCode ? "exit " + result.exitCode : "failed") : "done";
    const input = call.input ?? call.arguments;
    return html`
      <details class="tool ${failed ? "bad" : ""}">
        <summary><span class="tool-name">${firstLine(call.name ?? "tool", 80)}</span>
          <code class="args">${preview(input)}</code>
          <span class="state ${failed ? "failed" : result ? "completed" : "running"}">${state}</span></summary>
        ${input === undefined ? nothing : html`<p class="kind">Arguments</p><rt-code .code=${jsonText(input)}></rt-code>`}
        ${result ? html`<p class="kind">Output</p>${longText(jsonText(result.output ?? ""))}` : nothing}
      </details>`;
  }

  other(part) {
    const { type, text, ...rest } = part;
    return html`<div class="file"><span class="kind">${type}</span>
      ${firstLine(rest.path ?? rest.name ?? rest.url ?? "", 200)} <span class="muted">${firstLine(rest.action ?? rest.mediaType ?? "", 60)}</span>
      ${rest.diff ? longText(rest.diff) : text ? longText(text) : nothing}</div>`;
  }
}

/** The arguments in one line: the value alone where there is only one. */
function preview(input) {
  if (input === undefined || input === null) {
    return "";
  }
  if (typeof input === "object" && !Array.isArray(input)) {
    const values = Object.entries(input);
    if (values.length === 1 && typeof values[0][1] === "string") {
      return firstLine(values[0][1], 120);
    }
  }
  return firstLine(typeof input === "string" ? input : JSON.stringify(input), 120);
}

customElements.define("rt-transcript", Transcript);
