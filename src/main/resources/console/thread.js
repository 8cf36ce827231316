import { html, nothing } from "lit";
import { View } from "./element.js";
import { getJson, mayPass } from "./api.js";
import { badge } from "./badge.js";
import { count, duration, fullMoment, moment, tokens } from "./format.js";
import { inTurn, Poll, REST_MIN, Setback } from "./live.js";
import { firstLine } from "./text.js";
import { EventPages } from "./pages.js";
import { isLoadedWhole, loadAll, loadSamples, Track, WHOLE_MAX } from "./track.js";
import { go, noteHash, runHref, withQuery } from "./router.js";
import { SPEEDS } from "./player.js";
import "./transcript.js";

const RUNS_MAX = 200;

/** A conversation: its runs as one transcript and on one timeline. */
class ThreadView extends View {
  static properties = {
    place: { attribute: false },
    thread: { state: true },
    runs: { state: true },
    messages: { state: true },
    version: { state: true },
    time: { state: true },
    // What did not come: all that is to be shown, and whether there is more of it.
    problem: { state: true },
    lost: { state: true },
    more: { state: true },
  };

  constructor() {
    super();
    this.version = 0;
    this.time = 0;
    // A track is filled by one at a time: each begins where the one before it has ended.
    this.filling = inTurn();
    new Poll(this, REST_MIN, () => this.look());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.leave();
  }

  leave() {
    this.loads?.abort();
    clearTimeout(this.noting);
  }

  willUpdate(changed) {
    if (changed.has("place") && this.place.id !== this.opened) {
      this.opened = this.place.id;
      this.open();
    }
  }

  get speed() {
    const speed = Number(this.place.query.get("speed"));
    return SPEEDS.includes(speed) ? speed : 1;
  }

  async open() {
    this.leave();
    const { signal } = (this.loads = new AbortController());
    this.pages = new Map();
    this.pagesOf = id => {
      if (!this.pages.has(id)) {
        this.pages.set(id, new EventPages(id, this.runs.find(run => run.id === id)));
      }
      return this.pages.get(id);
    };
    this.track = null;
    this.thread = this.messages = this.runs = undefined;
    this.problem = this.lost = null;
    const wanted = [Number(this.place.hash.get("run")) || 0, Number(this.place.hash.get("seq")) || 0];
    await this.load(signal);
    if (!signal.aborted && wanted[0] && this.track?.runs[wanted[0] - 1]) {
      const point = this.track.indexOf(wanted[1], wanted[0] - 1);
      this.time = this.track.at[Math.max(0, point)];
    }
  }

  /** Shows what there is; what cannot be read, a single run perhaps, takes nothing else away. */
  async load(signal) {
    const id = this.place.id;
    const failures = [];
    try {
      // The thread first: what comes after that is a difference at the next look.
      const thread = await getJson(["threads", id], {}, signal);
      const [runs, transcript] = await Promise.all([
        this.loadRuns(id, signal),
        getJson(["threads", id, "transcript"], {}, signal).catch(failure => void failures.push(failure)),
      ]);
      signal.throwIfAborted();
      this.thread = thread.data;
      this.runs = runs.list;
      this.more = runs.more;
      this.messages = transcript?.data.messages ?? this.messages;
      this.truncated = transcript?.data.truncated ?? this.truncated;
      document.title = firstLine(this.thread.title, 60) + " – Runtape";
      await this.filling(() => this.loadTrack(signal, failures));
    } catch (failure) {
      failures.push(failure);
      if (failure.status === 404) {
        this.thread = undefined;
      }
    }
    if (!signal.aborted) {
      const failure = failures.find(mayPass) ?? failures[0];
      this.problem = failure ? new Setback(failure, this.problem) : null;
    }
  }

  /** The first runs of the thread; a page has fewer than it was asked for where they are long. */
  async loadRuns(id, signal) {
    const list = [];
    let page;
    do {
      const cursor = page?.meta.nextCursor;
      page = await getJson(["threads", id, "runs"], { limit: RUNS_MAX - list.length, cursor }, signal);
      list.push(...page.data);
    } while (page.meta.hasMore && list.length < RUNS_MAX);
    return { list, more: page.meta.hasMore };
  }

  /**
   * All frames of the runs, as long as there are not too many; of the rest, samples. What is here already is kept. A run that cannot
   * be read is left out; one that may be a little later is where the next load goes on.
   */
  async loadTrack(signal, failures) {
    signal.throwIfAborted();
    const runs = this.runs.filter(run => !run.framesExpiredAt && run.lastSequence > 0);
    const lastKnown = this.track ? this.track.runs.length - 1 : -1;
    const grows = this.track?.runs.every((known, i) =>
      runs[i]?.id === known.id && (i === lastKnown || runs[i].lastSequence === known.last));
    const followed = !this.track || this.time >= this.track.end - 1;
    if (!grows) {
      this.track = new Track();
    }
    const track = this.track;
    const told = () => {
      this.version++;
      if (followed && this.track === track) {
        this.time = track.end;
      }
    };
    this.loading = true;
    try {
      for (const [i, run] of runs.entries()) {
        if (i === track.runs.length) {
          track.begin(run);
        }
        const known = track.runs[i];
        if (run.lastSequence > known.last) {
          await (known.last > 0 || isLoadedWhole(run, WHOLE_MAX - track.length)
            ? loadAll(track, { signal, told })
            : loadSamples(track, run, { signal, told })).catch(failure => {
              if (signal.aborted || mayPass(failure)) {
                throw failure;
              }
              known.failure = failure;
              known.last = Math.max(known.last, run.lastSequence);
            });
        }
        if (known.failure) {
          failures.push(known.failure);
        }
      }
    } finally {
      this.loading = false;
      told();
    }
  }

  /** Whether anything has happened since; only then the rest is asked for, or when the rest of what did not come is over. */
  async look() {
    const { signal } = this.loads;
    if (this.problem?.isOver) {
      await this.load(signal);
      return;
    }
    if (!this.thread || this.problem?.mayPass || (this.lost && !this.lost.hasRested)) {
      return;
    }
    try {
      const { data } = await getJson(["threads", this.place.id], {}, signal);
      this.lost = null;
      const differs = ["eventCount", "lastRunStatus", "runCount"].some(name => data[name] !== this.thread[name]);
      if (differs && (!this.problem || this.problem.hasRested)) {
        await this.load(signal);
      }
    } catch (failure) {
      if (!signal.aborted) {
        this.lost = new Setback(failure, this.lost);
        if (failure.status === 404) {
          this.thread = undefined;
        }
      }
    }
  }

  moved(event) {
    this.time = event.detail;
    const i = this.track.indexAt(this.time + 0.0005);
    clearTimeout(this.noting);
    this.noting = setTimeout(() => noteHash(i < 0 ? {} : { run: this.track.run[i] + 1, seq: this.track.sequence[i] }), 150);
  }

  render() {
    const problem = this.lost ?? this.problem;
    if (problem && !this.thread) {
      return html`<p class="problem pad" role="alert">${problem.text}</p><p class="pad"><a href="/console">All runs</a></p>`;
    }
    if (!this.thread) {
      return html`<p class="muted pad" role="status">Loading the thread …</p>`;
    }
    const usage = this.runs.reduce((sum, run) => ({
      inputTokens: sum.inputTokens + (run.usage?.inputTokens ?? 0),
      outputTokens: sum.outputTokens + (run.usage?.outputTokens ?? 0),
    }), { inputTokens: 0, outputTokens: 0 });
    const live = this.thread.lastRunStatus === "running";
    const at = this.track?.length ? this.track.runs[this.track.run[Math.max(0, this.track.indexAt(this.time + 0.0005))]].id : null;
    return html`
      <header class="run-head">
        <div class="title-line"><h1>${firstLine(this.thread.title, 160) || this.thread.id}</h1>
          ${this.thread.lastRunStatus ? html`<span class="badge ${this.thread.lastRunStatus}">${this.thread.lastRunStatus}</span>` : nothing}</div>
        <p class="chips"><span>thread ${firstLine(this.thread.id, 60)}</span><span>${firstLine(this.thread.agent ?? "", 60)}</span>
          <span title=${fullMoment(this.thread.createdAt)}>since ${moment(this.thread.createdAt)}</span></p>
        <dl class="figures">
          <div><dt>Runs</dt><dd>${count(this.thread.runCount)}</dd></div>
          <div><dt>Events</dt><dd>${count(this.thread.eventCount)}</dd></div>
          <div><dt>Tokens</dt><dd>${tokens(usage)}</dd></div>
        </dl>
      </header>
      ${problem ? html`<p class="notice" role="status">Not all of the thread can be shown. ${problem.text}</p>` : nothing}
      <div class="split">
        <section class="main-column" aria-label="The conversation">
          ${this.messages ? html`<rt-transcript .messages=${this.messages} .truncated=${this.truncated} .live=${live} links></rt-transcript>`
            : html`<p class="muted pad-y">The conversation cannot be shown whole. Each run that can be is in the list.</p>`}
        </section>
        <aside class="side" aria-label="Timeline">
          <h2 class="hidden">Timeline</h2>
          ${this.track?.sampled ? html`<p class="note">Of the longest runs there are samples; times between them are estimated.</p>` : nothing}
          <rt-player .track=${this.track} .version=${this.version} .time=${this.time} .speed=${this.speed} .usage=${usage}
            .pages=${this.pagesOf} .loading=${this.loading} @moved=${this.moved}
            @speed=${event => go(withQuery({ speed: event.detail === 1 ? null : event.detail }) + location.hash, { replace: true })}></rt-player>
          <h2 class="section">Runs</h2>
          <ol class="run-list">
            ${this.runs.map(run => html`<li class=${at === run.id ? "current" : ""}>
              <a href=${runHref(run.id)} dir="auto">${firstLine(run.prompt, 80) || run.id}</a>
              <span class="muted small">${badge(run)} ${duration(run.durationMs)} · ${count(run.eventCount)} events</span></li>`)}
          </ol>
          ${this.more ? html`<p class="note">Only the first ${count(this.runs.length)} runs are listed.</p>` : nothing}
        </aside>
      </div>`;
  }
}

customElements.define("rt-thread", ThreadView);
