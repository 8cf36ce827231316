import { html, nothing } from "lit";
import { View } from "./element.js";
import { getJson, getRun, path, tail } from "./api.js";
import { count } from "./format.js";
import { Keys } from "./keys.js";
import { inTurn, newest, Poll, REST_MIN, Setback, throttled } from "./live.js";
import { EventPages } from "./pages.js";
import { SPEEDS } from "./player.js";
import { go, noteHash, withQuery } from "./router.js";
import { firstLine } from "./text.js";
import { isLoadedWhole, loadAll, loadSamples, Track, WHOLE_MAX } from "./track.js";
import "./events.js";
import "./request.js";
import "./run-head.js";
import "./transcript.js";

const TABS = [["transcript", "Transcript"], ["events", "Events"], ["request", "Request"]];

/** A live run is asked for so often at the most, while events come. */
const EVENTS_EVERY = 250;
const TRANSCRIPT_EVERY = 700;

/** The transcript follows the cursor when it has rested for so long. */
const FOLLOW_EVERY = 200;

/** Of a long run the transcript shows so many events up to the cursor, until somebody asks for all. */
const PART_EVENTS = 3000;

/** One run: what was said, beside it when, and behind tabs each event and the request. */
class RunView extends View {
  static properties = {
    place: { attribute: false },
    run: { state: true },
    messages: { state: true },
    truncated: { state: true },
    version: { state: true },
    time: { state: true },
    asOf: { state: true },
    loading: { state: true },
    // What did not come: the run itself, its transcript, events of its timeline, its tail.
    problem: { state: true },
    unread: { state: true },
    gap: { state: true },
    lost: { state: true },
  };

  constructor() {
    super();
    this.track = new Track();
    this.version = 0;
    this.time = 0;
    this.following = throttled(FOLLOW_EVERY, () => this.follow());
    // A track is filled by one at a time: each begins where the one before it has ended.
    this.filling = inTurn();
    this.refreshEvents = throttled(EVENTS_EVERY, () => (this.gap ? null : this.fill()));
    this.refreshTranscript = throttled(TRANSCRIPT_EVERY, () => (this.unread ? null : this.loadTranscript()));
    this.reading = newest();
    this.onVisible = () => this.watch();
    new Poll(this, REST_MIN, () => this.look());
    new Keys(this, {
      t: () => this.tab("transcript"),
      e: () => this.tab("events"),
      r: () => this.tab("request"),
      c: () => this.querySelector("rt-run-head")?.copyLink(),
      Escape: () => (this.asOf ? this.toEnd() : false),
    });
  }

  connectedCallback() {
    super.connectedCallback();
    document.addEventListener("visibilitychange", this.onVisible);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener("visibilitychange", this.onVisible);
    this.leave();
  }

  leave() {
    this.player?.stop();
    this.loads?.abort();
    this.tailing?.abort();
    this.tailing = null;
    clearTimeout(this.noting);
  }

  willUpdate(changed) {
    if (changed.has("place") && this.place.id !== this.opened) {
      this.opened = this.place.id;
      this.open();
    } else if (changed.has("place") && this.run) {
      const sequence = Number(this.place.hash.get("seq")) || 0;
      if (sequence && sequence !== this.sequence) {
        this.goTo(sequence);
      }
    }
  }

  get live() {
    return this.run?.status === "running";
  }

  /** Up to which frame the track goes. */
  get last() {
    return this.track.runs[0]?.last ?? 0;
  }

  /** The last frame that is known of. */
  get lastKnown() {
    return Math.max(this.run.lastSequence, this.last);
  }

  get speed() {
    const speed = Number(this.place.query.get("speed"));
    return SPEEDS.includes(speed) ? speed : 1;
  }

  get shownTab() {
    const tab = this.place.query.get("tab");
    return TABS.some(([name]) => name === tab) ? tab : "transcript";
  }

  async open() {
    this.leave();
    this.loads = new AbortController();
    this.track = new Track();
    this.pagesOf = () => this.pages;
    this.run = this.messages = undefined;
    this.asOf = this.cursorAt = null;
    this.problem = this.unread = this.gap = this.lost = null;
    this.time = 0;
    this.readTo = 0;
    this.sequence = Number(this.place.hash.get("seq")) || 0;
    await this.load();
    this.watch();
  }

  /** The run and what belongs to it: all of it at first, then what has come since. */
  async load() {
    const { signal } = this.loads;
    try {
      const run = await getRun(this.opened, signal);
      if (!this.run) {
        this.pages = new EventPages(run.id, run);
        document.title = firstLine(run.prompt, 60) + " – Runtape";
        this.wantsWhole = false;
        this.inParts = !isLoadedWhole(run) && !run.framesExpiredAt;
      }
      this.run = run;
      this.problem = null;
    } catch (failure) {
      if (!signal.aborted) {
        this.problem = new Setback(failure, this.problem);
        if (failure.status === 404) {
          this.run = undefined;
        }
      }
      return;
    }
    await Promise.all([this.loadTranscript(), this.fill()]);
  }

  /** Asks again for what did not come, when its rest is over, and follows a live run again. */
  async look() {
    if (this.problem) {
      if (this.isDue(this.problem)) {
        await this.load();
      }
      return;
    }
    if (this.isDue(this.unread)) {
      await this.loadTranscript();
    }
    if (this.isDue(this.gap)) {
      await this.fill();
    }
    if (this.live && this.readTo < this.last) {
      // The timeline was read after the transcript, and may be the last to tell of an event for long.
      this.refreshTranscript();
    }
    this.watch();
  }

  /** Whether what did not come is asked for again: of a live run, which grows, also what was refused. */
  isDue(setback) {
    return setback && (setback.isOver || (this.live && setback.hasRested));
  }

  async loadTranscript() {
    if (!this.run) {
      return;
    }
    const { signal } = this.loads;
    const isNewest = this.reading();
    const known = this.lastKnown;
    try {
      const { data } = await getJson(["runs", this.run.id, "transcript"], this.shownSpan(), signal);
      if (isNewest()) {
        this.keepPlace();
        this.messages = data.messages;
        this.truncated = data.truncated;
        this.unread = null;
        this.readTo = known;
      }
    } catch (failure) {
      if (isNewest() && !signal.aborted && failure.status !== 400) {
        this.unread = new Setback(failure, this.unread);
      }
    }
  }

  /** Which events the transcript is of. */
  shownSpan() {
    if (!this.inParts) {
      return this.asOf ? { to: this.asOf } : {};
    }
    const to = this.asOf ?? this.lastKnown;
    this.spanFrom = Math.max(1, to - PART_EVENTS + 1);
    return { from: this.spanFrom > 1 ? this.spanFrom : null, to };
  }

  showWhole() {
    this.inParts = false;
    this.wantsWhole = true;
    this.messages = undefined;
    this.loadTranscript();
  }

  /** Somebody who reads the end of a live run goes on reading its end. */
  keepPlace() {
    const page = document.scrollingElement;
    if (this.live && page.scrollHeight > innerHeight && page.scrollTop + innerHeight > page.scrollHeight - 60) {
      this.updateComplete.then(() => page.scrollTo({ top: page.scrollHeight }));
    }
  }

  /** Fills the timeline; once it has begun, from where it ends. */
  fill(how = signal => (this.last ? this.moreEvents(signal) : this.loadTrack(signal))) {
    const { signal } = this.loads;
    return this.filling(() => (signal.aborted || !this.run ? null : how(signal)));
  }

  async loadTrack(signal, whole = isLoadedWhole(this.run)) {
    const atSequence = this.sequence;
    this.loading = true;
    const before = this.track;
    const track = new Track();
    track.begin(this.run);
    this.track = track;
    const toldOf = () => {
      this.version++;
      if (!atSequence) {
        this.time = this.track.end;
      }
    };
    try {
      await (whole ? loadAll(track, { signal, told: toldOf }) : loadSamples(track, this.run, { signal, told: toldOf }));
      this.gap = null;
    } catch (failure) {
      if (signal.aborted) {
        return;
      }
      this.gap = new Setback(failure, this.gap);
      if (before.length) {
        // Samples, which are of the whole run.
        this.track = before;
      }
      toldOf();
    } finally {
      this.loading = false;
    }
    if (atSequence) {
      // Where somebody has gone meanwhile, or else where the address told.
      const at = this.sequence || atSequence;
      this.sequence = 0;
      this.goTo(at);
    }
  }

  /** Follows a live run as long as the tab is seen: the tail says that something came, pages say exactly when. */
  async watch() {
    if (!this.live || document.hidden || !this.isConnected) {
      this.tailing?.abort();
      this.tailing = null;
      return;
    }
    if (this.tailing || this.problem || (this.lost && !this.lost.hasRested)) {
      return;
    }
    const tailing = (this.tailing = new AbortController());
    let before = this.lost;
    try {
      // Where to go on is known when what loads is there.
      await this.filling(() => {});
      const frames = await tail(path(["runs", this.run.id, "events"], { after: this.lastKnown || null }), tailing.signal);
      this.lost = null;
      for await (const frame of frames) {
        before = null;
        if (frame.event === "runtape.end") {
          break;
        }
        this.refreshEvents();
        this.refreshTranscript();
      }
    } catch (failure) {
      if (this.tailing === tailing) {
        this.lost = new Setback(failure, before);
      }
    }
    if (this.tailing === tailing) {
      this.tailing = null;
      // At its end, and where it cannot be followed: what is there now, whole.
      await this.load();
    }
  }

  async moreEvents(signal) {
    const { track } = this;
    const { id } = this.run;
    const followed = this.time >= track.end - 1;
    try {
      let page;
      do {
        page = await getJson(["runs", id, "events"], { after: this.last || null, limit: 500 }, signal);
        page.data.filter(event => event.sequence > this.last).forEach(event => track.add(event));
      } while (page.meta.hasMore);
      this.gap = null;
    } catch (failure) {
      if (signal.aborted) {
        return;
      }
      this.gap = new Setback(failure, this.gap);
    }
    this.inParts ||= this.last > WHOLE_MAX && !this.wantsWhole;
    if (this.live) {
      this.run = { ...this.run, lastSequence: this.last };
    }
    track.version++;
    this.version++;
    if (followed && !this.asOf) {
      this.time = track.end;
    }
  }

  loadEverything() {
    return this.fill(signal => this.loadTrack(signal, true));
  }

  get player() {
    return this.querySelector("rt-player");
  }

  goTo(sequence) {
    const to = Math.min(Math.max(1, sequence), Math.max(1, this.lastKnown));
    this.placeCursor(this.track.timeOf(to), to);
  }

  moved(event) {
    this.placeCursor(event.detail, this.track.sequenceAt(event.detail + 0.0005));
  }

  placeCursor(time, sequence) {
    this.time = time;
    if (sequence === this.sequence) {
      return;
    }
    this.sequence = sequence;
    const atEnd = sequence >= this.track.sequence[this.track.length - 1];
    clearTimeout(this.noting);
    this.noting = setTimeout(() => noteHash(atEnd ? {} : { seq: sequence }), 150);
    this.cursorAt = atEnd ? null : sequence;
    this.following();
    this.requestUpdate();
  }

  async follow() {
    if (this.cursorAt !== this.asOf && this.isConnected) {
      this.asOf = this.cursorAt;
      await this.loadTranscript();
    }
  }

  toEnd() {
    this.player?.stop();
    this.placeCursor(this.track.end, this.track.sequence[this.track.length - 1]);
  }

  tab(name) {
    go(withQuery({ tab: name === "transcript" ? null : name }) + location.hash, { replace: true });
  }

  tabKeys(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) {
      event.preventDefault();
      const at = TABS.findIndex(([name]) => name === this.shownTab);
      this.tab(TABS[(at + by + TABS.length) % TABS.length][0]);
      this.updateComplete.then(() => this.querySelector("[role=tab][aria-selected=true]").focus());
    }
  }

  /** What is missing of what is shown. */
  get notices() {
    const events = this.gap?.failure.status === 410
      ? "The frames of this run were kept long enough and are deleted. Its transcript is still there."
      : this.gap && "Not all events can be shown. " + this.gap.text;
    const setback = this.problem ?? (this.live ? this.lost : null);
    const following = setback && (this.live ? "What comes is not shown. " : "") + setback.text;
    return [events, following].filter(Boolean);
  }

  render() {
    const run = this.run;
    if (!run) {
      return this.problem
        ? html`<p class="problem pad" role="alert">${this.problem.text}</p><p class="pad"><a href="/console">All runs</a></p>`
        : html`<p class="muted pad" role="status">Loading the run …</p>`;
    }
    return html`
      <rt-run-head .run=${run} .last=${this.last} .sequence=${this.sequence} @changed=${() => this.load()}></rt-run-head>
      ${this.notices.map(notice => html`<p class="notice" role="status">${notice}</p>`)}
      <div class="split">
        <section class="main-column" aria-label="What happened">
          <div class="tabs" role="tablist" aria-label="Views of the run" @keydown=${this.tabKeys}>
            ${TABS.map(([name, label]) => html`<button role="tab" id="tab-${name}" aria-controls="panel"
              aria-selected=${name === this.shownTab ? "true" : "false"} tabindex=${name === this.shownTab ? 0 : -1}
              @click=${() => this.tab(name)}>${label}</button>`)}
          </div>
          <div id="panel" role="tabpanel" aria-labelledby="tab-${this.shownTab}">${this.panel(run)}</div>
        </section>
        <aside class="side" aria-label="Timeline">
          <h2 class="hidden">Timeline</h2>
          ${this.track.sampled ? html`<p class="note">Samples of ${count(run.lastSequence)} events, and times between them estimated.
            <button @click=${this.loadEverything} ?disabled=${this.loading}>Load all of them</button></p>` : nothing}
          <rt-player .track=${this.track} .version=${this.version} .time=${this.time} .speed=${this.speed} .usage=${run.usage}
            .pages=${this.pagesOf} .live=${this.live} .loading=${this.loading} @moved=${this.moved}
            @speed=${event => go(withQuery({ speed: event.detail === 1 ? null : event.detail }) + location.hash, { replace: true })}></rt-player>
          ${this.loading && this.track.length ? html`<p class="muted small" role="status">${count(this.track.length)} of ${count(run.lastSequence)} events …</p>` : nothing}
        </aside>
      </div>`;
  }

  panel(run) {
    if (this.shownTab === "events") {
      return html`<rt-events .runId=${run.id} .total=${this.lastKnown} .pages=${this.pages}
        .selected=${this.sequence} @picked=${event => { this.player?.stop(); this.goTo(event.detail); }}></rt-events>`;
    }
    if (this.shownTab === "request") {
      return html`<rt-request .run=${run}></rt-request>`;
    }
    return html`
      ${this.asOf ? html`<p class="as-of" role="status">As it was at event ${count(this.asOf)}.
        <button @click=${this.toEnd}>To the end</button></p>` : nothing}
      ${this.inParts && this.spanFrom > 1 ? html`<p class="note">From event ${count(this.spanFrom)} on.
        <button @click=${this.showWhole}>Load the whole transcript</button></p>` : nothing}
      ${this.unread ? html`<p class="problem" role="alert">The transcript cannot be shown as it is now. ${this.unread.text}</p>` : nothing}
      ${this.messages === undefined
        ? this.unread ? nothing : html`<p class="muted pad-y">Loading the transcript …</p>`
        : html`<rt-transcript .messages=${this.messages} .truncated=${this.truncated} .live=${this.live && !this.asOf}></rt-transcript>`}`;
  }
}

customElements.define("rt-run", RunView);
