import { html, nothing } from "lit";
import { repeat } from "lit-html/directives/repeat.js";
import { View } from "./element.js";
import { getJson, key } from "./api.js";
import { badge } from "./badge.js";
import { count, duration, fullMoment, moment, tokens } from "./format.js";
import { Keys } from "./keys.js";
import { Poll, Setback } from "./live.js";
import { compareHref, go, runHref, withQuery } from "./router.js";
import { firstLine } from "./text.js";

const PAGE = 50;
const EVERY = 2000;

/** The least that a look for new runs asks for: one that is known is enough to see that nothing was missed. */
const LOOK_MIN = 5;

const STATUSES = ["running", "completed", "failed", "cancelled"];
const SPANS = [["", "any time"], ["-1h", "last hour"], ["-24h", "last day"], ["-7d", "last week"]];
const UNITS = { h: 3_600_000, d: 86_400_000 };

/** The fields behind "More": the API's parameter, what people read, and an example. */
const MORE = [
  ["threadId", "Thread", "thr_…"], ["model", "Model", "gpt-5"], ["tool", "Tool", "bash"],
  ["minDurationMs", "Longer than (ms)", "1000"], ["until", "Until", "2026-01-31T12:00:00Z"],
];
const FILTERS = ["q", "status", "agent", "since", ...MORE.map(([name]) => name)];

/** The list of runs, newest first. What it shows is in the address; new runs appear by themselves. */
class Runs extends View {
  static properties = {
    place: { attribute: false },
    runs: { state: true },
    next: { state: true },
    problem: { state: true },
    marked: { state: true },
    fresh: { state: true },
    busy: { state: true },
  };

  constructor() {
    super();
    this.marked = [];
    new Poll(this, EVERY, () => this.look());
    new Keys(this, {
      j: () => this.moveTo(1),
      k: () => this.moveTo(-1),
      "/": () => this.querySelector("[name=q]").focus(),
      x: () => this.markFocused(),
      n: () => (this.next ? go(this.nextHref) : false),
    });
  }

  willUpdate(changed) {
    if (changed.has("place")) {
      const asked = location.search;
      if (asked !== this.asked) {
        this.asked = asked;
        this.load();
      }
    }
  }

  get parameters() {
    const query = this.place.query;
    const parameters = {};
    for (const name of FILTERS) {
      parameters[name] = query.get(name);
    }
    const span = /^-(\d{1,4})([hd])$/.exec(parameters.since ?? "");
    if (span) {
      // In whole minutes, so that a page and the next one are of the same list.
      const then = Date.now() - Number(span[1]) * UNITS[span[2]];
      parameters.since = new Date(Math.floor(then / 60_000) * 60_000).toISOString();
    }
    return parameters;
  }

  async load() {
    this.loading?.abort();
    const { signal } = (this.loading = new AbortController());
    this.busy = true;
    document.title = "Runs – Runtape";
    try {
      const page = await getJson(["runs"], { ...this.parameters, limit: PAGE, cursor: this.place.query.get("cursor") }, signal);
      this.runs = page.data;
      this.next = page.meta.hasMore ? page.meta.nextCursor : null;
      this.problem = null;
      this.listed = this.asked;
    } catch (failure) {
      if (!signal.aborted) {
        this.problem = new Setback(failure, this.problem);
        if (this.listed !== this.asked) {
          // What is shown is not what was asked for.
          this.runs = [];
          this.next = null;
        }
      }
    } finally {
      if (!signal.aborted) {
        this.busy = false;
      }
    }
  }

  /** Looks for what is new at the top, and how far the live ones are. */
  async look() {
    const { asked } = this;
    if (this.problem) {
      if (this.problem.isOver || (this.listed === asked && this.problem.hasRested)) {
        await this.load();
      }
      return;
    }
    if (!this.runs || this.place.query.get("cursor")) {
      return;
    }
    const lastLive = this.runs.findLastIndex(run => run.status === "running");
    const limit = Math.min(PAGE, Math.max(LOOK_MIN, lastLive + 2));
    let page;
    try {
      page = await getJson(["runs"], { ...this.parameters, limit });
    } catch (failure) {
      if (asked === this.asked) {
        this.problem = new Setback(failure);
      }
      return;
    }
    if (asked !== this.asked) {
      return;
    }
    const known = new Set(this.runs.map(run => run.id));
    const added = page.data.filter(run => !known.has(run.id));
    if (added.length === page.data.length && (this.runs.length || (added.length && page.meta.hasMore))) {
      await this.load();
      return;
    }
    const latest = new Map(page.data.map(run => [run.id, run]));
    const lastAsked = page.data[page.data.length - 1]?.createdAt ?? "";
    // Those that should be in the answer and are not were deleted, or the filter no longer takes them.
    const kept = this.runs.filter(run => latest.has(run.id) || (page.meta.hasMore && run.createdAt <= lastAsked))
      .map(run => latest.get(run.id) ?? run);
    this.fresh = new Set(added.map(run => run.id));
    this.runs = [...added, ...kept].slice(0, Math.max(PAGE, this.runs.length));
  }

  get links() {
    return [...this.querySelectorAll("a.run-link")];
  }

  moveTo(by) {
    const links = this.links;
    const at = links.indexOf(document.activeElement);
    const to = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(0, at + by), links.length - 1)];
    to?.focus();
    to?.closest("tr").scrollIntoView({ block: "nearest" });
  }

  markFocused() {
    const id = document.activeElement?.dataset?.id;
    if (id) {
      this.mark(id);
    }
  }

  mark(id) {
    this.marked = this.marked.includes(id) ? this.marked.filter(each => each !== id) : [...this.marked, id].slice(-2);
  }

  get nextHref() {
    return withQuery({ cursor: this.next });
  }

  filter(event) {
    const { name, value } = event.target;
    go(withQuery({ [name]: value.trim(), cursor: null }));
  }

  render() {
    const query = this.place.query;
    const value = name => query.get(name) ?? "";
    const any = FILTERS.some(name => query.has(name));
    const spans = SPANS.some(([span]) => span === value("since")) ? SPANS : [...SPANS, [value("since"), value("since")]];
    return html`
      <h1 class="hidden">Runs</h1>
      <form class="filters" role="search" @submit=${event => event.preventDefault()}>
        <label class="grow"><span class="hidden">Search</span>
          <input type="search" name="q" placeholder="Search prompts, results and tool calls   /" .value=${value("q")} @change=${this.filter}></label>
        <label><span>Status</span><select name="status" @change=${this.filter}>
          <option value="" ?selected=${!value("status")}>all</option>
          ${STATUSES.map(each => html`<option value=${each} ?selected=${each === value("status")}>${each}</option>`)}</select></label>
        <label><span>Agent</span><input name="agent" .value=${value("agent")} placeholder="all" @change=${this.filter}></label>
        <label><span>Began</span><select name="since" @change=${this.filter}>
          ${spans.map(([span, label]) => html`<option value=${span} ?selected=${span === value("since")}>${label}</option>`)}</select></label>
        <details class="more-filters" ?open=${MORE.some(([name]) => query.has(name))}>
          <summary>More</summary>
          <div>${MORE.map(([name, label, example]) => html`<label><span>${label}</span>
            <input name=${name} .value=${value(name)} placeholder=${example} @change=${this.filter}></label>`)}</div>
        </details>
        ${any ? html`<a class="button" href="/console">Clear</a>` : nothing}
      </form>
      ${this.problem ? html`<p class="problem" role="alert">${this.problem.text}</p>` : nothing}
      ${this.runs === undefined ? html`<p class="muted pad" role="status">Loading the runs …</p>` : this.table(any)}
      ${this.marked.length ? this.markedBar() : nothing}`;
  }

  table(any) {
    const older = this.place.query.get("cursor");
    if (this.runs.length === 0) {
      return this.problem ? nothing : html`<div class="empty">
        <p><strong>${this.next ? "No run matches so far." : older ? "No older run matches." : any ? "No run matches." : "No runs yet."}</strong></p>
        ${older ? html`<p><a class="button" href=${withQuery({ cursor: null })}>Newest</a></p>` : nothing}
        ${this.next ? html`<p><a class="button" href=${this.nextHref}>Look further back</a></p>` : nothing}
        ${any ? html`<p><a href="/console">Show all runs</a></p>` : html`<p>Send a call through the gateway, and it appears here by itself:</p>
          <pre class="code" tabindex="0">curl -N ${location.origin}/v1/run -H 'Content-Type: application/json' \\${key.get() ? "\n  -H \"X-API-Key: $RUNTAPE_KEY\" \\" : ""}
  -d '{"agent":"code-assistant","prompt":"Run the tests."}'</pre>`}</div>`;
    }
    return html`
      <div class="scroll" tabindex="0" role="region" aria-label="Runs" aria-busy=${this.busy ? "true" : "false"}>
      <table class="runs">
        <thead><tr><th><span class="hidden">Compare</span></th><th>Status</th><th>Began</th><th>Agent</th><th>Prompt</th>
          <th class="num">Duration</th><th class="num">First event</th><th class="num">Tokens</th><th class="num">Events</th></tr></thead>
        <tbody>${repeat(this.runs, run => run.id, run => this.row(run))}</tbody>
      </table></div>
      <p class="paging">
        ${older ? html`<a class="button" href=${withQuery({ cursor: null })}>Newest</a>`
          : this.problem ? nothing : html`<span class="muted small live-note"><span class="pulse"></span>New runs appear by themselves</span>`}
        ${this.next ? html`<a class="button" href=${this.nextHref}>Older</a>` : nothing}
      </p>`;
  }

  row(run) {
    const marked = this.marked.includes(run.id);
    const live = run.status === "running";
    return html`
      <tr class="${run.status} ${this.fresh?.has(run.id) ? "fresh" : ""}">
        <td><input type="checkbox" .checked=${marked} @change=${() => this.mark(run.id)} aria-label="Mark for comparison: ${firstLine(run.prompt, 60)}"></td>
        <td>${badge(run)}</td>
        <td class="nowrap"><time datetime=${run.createdAt} title=${fullMoment(run.createdAt)}>${moment(run.createdAt)}</time></td>
        <td class="agent">${firstLine(run.agent ?? run.path, 40)}${run.model ? html`<span class="muted small block">${firstLine(run.model, 40)}</span>` : nothing}</td>
        <td class="prompt"><a class="run-link" data-id=${run.id} href=${runHref(run.id)} dir="auto">${firstLine(run.prompt, 140) || run.id}</a>
          ${run.error ? html`<span class="error-line">${firstLine(run.error.message ?? run.error.code, 140)}</span>` : nothing}</td>
        <td class="num">${live ? duration(Date.now() - Date.parse(run.createdAt)) : duration(run.durationMs)}</td>
        <td class="num">${duration(run.timeToFirstEventMs)}</td>
        <td class="num">${tokens(run.usage)}</td>
        <td class="num">${count(run.eventCount)}</td>
      </tr>`;
  }

  markedBar() {
    const [a, b] = this.marked;
    return html`<div class="marked" role="status">
      <span>${this.marked.length === 1 ? "One run is marked. Mark another one to compare them." : "Two runs are marked."}</span>
      ${b ? html`<a class="button primary" href=${compareHref(a, b)}>Compare</a>` : nothing}
      <button @click=${() => (this.marked = [])}>Clear</button></div>`;
  }
}

customElements.define("rt-runs", Runs);
