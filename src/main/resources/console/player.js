import { html, nothing } from "lit";
import { View } from "./element.js";
import { told } from "./api.js";
import { bytes, count, duration, offset } from "./format.js";
import { Keys } from "./keys.js";
import { newest, Poll, REST_MIN } from "./live.js";
import { LANES } from "./track.js";
import { jsonText, longText } from "./text.js";
import "./timeline.js";

export const SPEEDS = [0.5, 1, 2, 5, 10, 20, 50];

/** An event that somebody looks at is fetched when the cursor has rested for so long. */
const REST = 90;

/**
 * Plays a track: a timeline with buttons, keys and what is known at the cursor. `time` is the cursor; it is told of as
 * `moved`, once for each picture at the most.
 */
class Player extends View {
  static properties = {
    track: { attribute: false },
    version: { type: Number },
    time: { type: Number },
    speed: { type: Number },
    live: { type: Boolean },
    usage: { attribute: false },
    pages: { attribute: false },
    loading: { type: Boolean },
    playing: { state: true },
    event: { state: true },
    problem: { state: true },
  };

  constructor() {
    super();
    this.track = null;
    this.time = 0;
    this.speed = 1;
    this.playing = false;
    this.usage = null;
    this.pages = null;
    this.event = this.problem = null;
    this.looking = newest();
    // For an event that did not come.
    new Poll(this, REST_MIN, () => (this.pages && this.index >= 0 && !this.event ? this.look() : null));
    new Keys(this, {
      " ": event => (event.target instanceof HTMLButtonElement || event.target?.closest?.("summary") ? false : this.toggle()),
      ArrowLeft: event => this.arrow(event, -1),
      ArrowRight: event => this.arrow(event, 1),
      "+": () => this.timeline.zoom(0.5),
      "=": () => this.timeline.zoom(0.5),
      "-": () => this.timeline.zoom(2),
      "0": () => this.timeline.show(),
      "<": () => this.changeSpeed(-1),
      ">": () => this.changeSpeed(1),
    });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.stop();
    clearTimeout(this.resting);
  }

  get timeline() {
    return this.querySelector("rt-timeline");
  }

  arrow(event, by) {
    if (event.target?.closest?.("[role=tab],[role=grid],[role=radiogroup]")) {
      return false;
    }
    this.step(event.shiftKey ? by * 10 : by);
    return true;
  }

  /** The point at the cursor, -1 before the first. */
  get index() {
    return this.track?.indexAt(this.time + 0.0005) ?? -1;
  }

  /** Goes so many events on. In a sampled track the samples are the steps. */
  step(by) {
    this.stop();
    const at = Math.min(Math.max(0, this.index + by), this.track.length - 1);
    this.move(this.track.at[at]);
  }

  seek(event) {
    this.move(event.detail);
  }

  move(ms) {
    this.time = Math.min(Math.max(0, ms), this.track.end);
    this.dispatchEvent(new CustomEvent("moved", { detail: this.time }));
  }

  toggle() {
    if (this.playing) {
      this.stop();
    } else {
      this.play();
    }
  }

  play() {
    if (!this.track?.length) {
      return;
    }
    if (this.time >= this.track.end - 0.5) {
      this.time = 0;
    }
    this.playing = true;
    let before = performance.now();
    const turn = now => {
      if (!this.playing) {
        return;
      }
      // A tab that was away goes on where it was.
      const passed = Math.min(250, now - before);
      before = now;
      this.move(this.time + passed * this.speed);
      if (this.time >= this.track.end) {
        this.stop();
      } else {
        this.frame = requestAnimationFrame(turn);
      }
    };
    this.frame = requestAnimationFrame(turn);
  }

  stop() {
    this.playing = false;
    cancelAnimationFrame(this.frame);
  }

  changeSpeed(by) {
    const at = SPEEDS.indexOf(this.speed);
    this.setSpeed(SPEEDS[Math.min(Math.max(0, at + by), SPEEDS.length - 1)]);
  }

  setSpeed(speed) {
    this.speed = speed;
    this.dispatchEvent(new CustomEvent("speed", { detail: speed }));
  }

  updated(changed) {
    if ((changed.has("time") || changed.has("version") || changed.has("pages")) && this.pages && this.track?.length) {
      clearTimeout(this.resting);
      this.resting = setTimeout(() => this.look(), REST);
    }
  }

  async look() {
    const isNewest = this.looking();
    const i = this.index;
    const sequence = i < 0 ? 0 : this.track.sequenceAt(this.time + 0.0005);
    const pages = i < 0 ? null : this.pages(this.track.runs[this.track.run[i]].id);
    if (!pages || !sequence) {
      this.event = this.problem = null;
      return;
    }
    let problem = null;
    try {
      await pages.load(sequence);
    } catch (failure) {
      problem = told(failure);
    }
    if (isNewest()) {
      this.event = pages.known(sequence);
      this.problem = problem;
    }
  }

  render() {
    const track = this.track;
    const i = track ? this.index : -1;
    const sequence = i < 0 ? 0 : track.sequenceAt(this.time + 0.0005);
    return html`
      <rt-timeline .track=${track} .version=${this.version} .time=${this.time} label="Position in the recording"
        @seek=${this.seek}></rt-timeline>
      <div class="controls">
        <button class="round" @click=${this.toggle} aria-label=${this.playing ? "Pause" : "Play"} title="Space"
          ?disabled=${!track?.length}>${this.playing ? "❚❚" : "▶"}</button>
        <button @click=${() => this.step(-1)} aria-label="One event back" title="←" ?disabled=${!track?.length}>‹</button>
        <button @click=${() => this.step(1)} aria-label="One event on" title="→" ?disabled=${!track?.length}>›</button>
        <label class="speed"><span class="hidden">Speed</span>
          <select @change=${event => this.setSpeed(Number(event.target.value))}>
            ${SPEEDS.map(each => html`<option value=${each} ?selected=${each === this.speed}>${each}×</option>`)}
          </select></label>
        <span class="clock"><b class="now">${offset(this.time)}</b> / ${offset(track?.end ?? 0)}</span>
        <span class="zooms">
          <button @click=${() => this.timeline.zoom(0.5)} aria-label="Zoom in" title="+">+</button>
          <button @click=${() => this.timeline.zoom(2)} aria-label="Zoom out" title="−">−</button>
          <button @click=${() => this.timeline.show()} title="0">All</button>
        </span>
      </div>
      <dl class="cursor">
        <div><dt>Event</dt><dd class="seq">${track?.sampled ? "≈ " : ""}${count(sequence)} <span class="muted">of ${count(this.lastSequence(i))}</span></dd></div>
        <div><dt>Characters</dt><dd class="chars">${track?.sampled ? "≈ " : ""}${count(Math.round(i < 0 ? 0 : track.chars[i]))}</dd></div>
        <div><dt>Output tokens</dt><dd class="tokens">≈ ${count(this.tokensAt(i))}</dd></div>
        <div><dt>Pause before</dt><dd>${i > 0 && !track.sampled ? duration(track.at[i] - track.at[i - 1]) : "–"}</dd></div>
      </dl>
      <div class="at-cursor">${this.inspector(i)}</div>`;
  }

  lastSequence(i) {
    const track = this.track;
    if (!track?.length) {
      return 0;
    }
    const run = i < 0 ? 0 : track.run[i];
    return track.sequence[(track.runs[run + 1]?.from ?? track.length) - 1];
  }

  /** The agent API tells tokens at the end only: until then those of the end, by the share of the text; else four characters each. */
  tokensAt(i) {
    const track = this.track;
    if (!track?.length || i < 0) {
      return 0;
    }
    const all = track.chars[track.length - 1];
    const told = this.usage?.outputTokens;
    return Math.round(told && all ? (told * track.chars[i]) / all : track.chars[i] / 4);
  }

  inspector(i) {
    const event = this.event;
    if (!event || i < 0) {
      return html`<p class="muted small">${i >= 0 ? this.problem ?? "…" : this.track?.length ? "Before the first event." : this.loading ? "Loading the events …" : "No events yet."}</p>`;
    }
    const lane = LANES[this.track.lane[i]];
    const body = event.data === null ? (event.truncated ? "Too long to be shown here: its parts have it." : "") : jsonText(event.payload ?? event.data);
    return html`
      <section class="inspector" aria-label="The event at the cursor">
        <h3><span class="lane-dot dot-${lane}"></span>${event.type ?? event.kind}
          <span class="muted">#${event.sequence} · ${duration(event.offsetMs)} · ${bytes(event.bytes)}</span></h3>
        ${body ? longText(body) : nothing}
      </section>`;
  }
}

customElements.define("rt-player", Player);
