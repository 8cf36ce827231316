import { html, nothing } from "lit";
import { View } from "./element.js";
import { getJson, told } from "./api.js";
import { bytes, count, duration } from "./format.js";
import { Poll, REST_MIN, Setback } from "./live.js";
import { firstLine, jsonText, longText } from "./text.js";
import { LANES, laneOf } from "./track.js";

const ROW = 28;
const SPARE = 8;

/** A browser lays out no element that is higher; a longer table is scrolled in larger steps. */
const HEIGHT_MAX = 12_000_000;

/** How many bytes of a frame are shown in hex at once. */
const HEX_FIRST = 4096;
const HEX_ROW = 16;

/**
 * The frames of a run as a table of any length: it has only the rows that can be seen, and asks for the pages that have them.
 */
class Events extends View {
  static properties = {
    runId: { type: String },
    total: { type: Number },
    selected: { type: Number },
    pages: { attribute: false },
    top: { state: true },
    loaded: { state: true },
    raw: { state: true },
    problem: { state: true },
    unread: { state: true },
  };

  constructor() {
    super();
    this.total = 0;
    this.selected = 0;
    this.top = 0;
    this.loaded = 0;
    this.raw = this.unread = null;
    new Poll(this, REST_MIN, () => this.lookAgain());
  }

  get full() {
    return Math.max(1, this.total) * ROW;
  }

  /** How far rows are apart in the scrolled height: as high as they are, unless there are too many. */
  get scale() {
    return Math.min(1, HEIGHT_MAX / this.full);
  }

  get box() {
    return this.querySelector(".grid");
  }

  scrolled() {
    this.top = this.box.scrollTop;
  }

  get firstRow() {
    return Math.floor(this.top / this.scale / ROW);
  }

  get rowsSeen() {
    return Math.ceil((this.box?.clientHeight ?? 480) / ROW);
  }

  firstUpdated() {
    if (this.selected) {
      this.reveal(this.selected);
    }
    this.requestUpdate();
  }

  willUpdate(changed) {
    if (changed.has("selected")) {
      this.unread = null;
    }
  }

  updated(changed) {
    this.load();
    if (changed.has("selected") && this.selected && changed.get("selected") !== undefined) {
      this.reveal(this.selected);
    }
    if (changed.has("selected") || changed.has("runId")) {
      this.loadRaw();
    }
  }

  /** For what did not come. */
  async lookAgain() {
    this.load();
    if (this.unread?.isOver) {
      await this.loadRaw();
    }
  }

  /** Asks for what is seen, once the scrolling rests: a drag over everything is no reason to load everything. */
  load() {
    clearTimeout(this.waiting);
    const missing = this.missing();
    if (missing.length) {
      this.waiting = setTimeout(() => this.ask(missing), this.loaded ? 60 : 0);
    }
  }

  /** A page that is refused stays missing: only what came, and a failure that is another one, may have the table drawn anew. */
  async ask(missing) {
    const answers = await Promise.allSettled(missing.map(sequence => this.pages.load(sequence)));
    const refused = answers.find(answer => answer.status === "rejected");
    this.problem = refused ? told(refused.reason) : null;
    if (answers.some(answer => answer.status === "fulfilled")) {
      this.loaded++;
    }
  }

  missing() {
    const wanted = [];
    const last = Math.min(this.total, this.firstRow + this.rowsSeen + SPARE);
    for (let sequence = Math.max(1, this.firstRow - SPARE + 1); sequence <= last; sequence++) {
      const page = this.pages.number(sequence);
      if (!this.pages.known(sequence) && wanted[wanted.length - 1]?.page !== page) {
        wanted.push({ page, sequence });
      }
    }
    return wanted.map(each => each.sequence);
  }

  reveal(sequence) {
    const box = this.box;
    if (!box) {
      return;
    }
    const y = (sequence - 1) * ROW;
    const seen = box.scrollTop / this.scale;
    if (y < seen || y + ROW > seen + box.clientHeight) {
      box.scrollTop = Math.max(0, (y - box.clientHeight / 2) * this.scale);
      this.top = box.scrollTop;
    }
  }

  select(sequence) {
    const to = Math.min(Math.max(1, sequence), this.total);
    this.dispatchEvent(new CustomEvent("picked", { detail: to }));
  }

  keys(event) {
    const page = Math.max(1, this.rowsSeen - 2);
    const to = {
      ArrowDown: this.selected + 1, ArrowUp: this.selected - 1, j: this.selected + 1, k: this.selected - 1,
      PageDown: this.selected + page, PageUp: this.selected - page, Home: 1, End: this.total,
    }[event.key];
    if (to !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      event.stopPropagation();
      this.select(to);
    }
  }

  async loadRaw() {
    const sequence = this.selected;
    if (!sequence) {
      this.raw = this.unread = null;
      return;
    }
    try {
      const page = await getJson(["runs", this.runId, "events"], { after: sequence - 1 || null, limit: 1, include: "raw" });
      if (sequence === this.selected) {
        this.raw = page.data[0] ?? null;
        this.unread = null;
      }
    } catch (failure) {
      if (sequence === this.selected) {
        this.raw = null;
        this.unread = new Setback(failure, this.unread);
      }
    }
  }

  render() {
    if (this.total === 0) {
      return html`<p class="muted pad">${this.problem ?? "There are no events yet."}</p>`;
    }
    const first = Math.max(0, this.firstRow - SPARE);
    const last = Math.min(this.total, this.firstRow + this.rowsSeen + SPARE);
    const rows = [];
    for (let row = first; row < last; row++) {
      rows.push(this.row(row + 1));
    }
    // With a smaller scale the rows stand where the scrolled place is, not where they would be.
    const shift = this.scale < 1 ? this.top - (this.firstRow - first) * ROW : first * ROW;
    return html`
      ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
      <div class="grid" role="grid" aria-label="Events; the arrow keys move" aria-rowcount=${this.total + 1} aria-readonly="true" tabindex="0"
          aria-activedescendant=${this.selected ? "event-" + this.selected : nothing} @scroll=${this.scrolled} @keydown=${this.keys}>
        <div role="rowgroup" class="grid-head">
          <div role="row" class="grid-row" aria-rowindex="1">
            <span role="columnheader">#</span><span role="columnheader">Time</span><span role="columnheader">Type</span>
            <span role="columnheader">Bytes</span><span role="columnheader">Data</span>
          </div>
        </div>
        <div class="grid-height" role="rowgroup" .style=${"height:" + Math.round(this.full * this.scale) + "px"}>
          <div class="grid-rows" role="presentation" .style=${"transform:translateY(" + Math.round(shift) + "px)"}>${rows}</div>
        </div>
      </div>
      ${this.raw ? html`<rt-event class=${this.raw.sequence === this.selected ? "" : "coming"} .event=${this.raw}></rt-event>`
        : this.unread ? html`<p class="problem" role="alert">The event cannot be shown. ${this.unread.text}</p>`
        : html`<p class="muted small pad-y">Choose an event to see its data and its bytes.</p>`}`;
  }

  row(sequence) {
    const event = this.pages.known(sequence);
    const selected = sequence === this.selected;
    const lane = event ? LANES[laneOf(event)] : "other";
    return html`
      <div role="row" id="event-${sequence}" class="grid-row ${selected ? "selected" : ""} ${event ? event.kind : ""}" aria-rowindex=${sequence + 1}
          aria-selected=${selected ? "true" : "false"} @click=${() => this.select(sequence)}>
        <span role="gridcell" class="num">${count(sequence)}</span>
        <span role="gridcell" class="num">${event ? duration(event.offsetMs) : ""}</span>
        <span role="gridcell"><span class="lane-dot dot-${lane}"></span>${event ? firstLine(event.type ?? event.kind, 60) : "…"}</span>
        <span role="gridcell" class="num">${event ? count(event.bytes) : ""}</span>
        <span role="gridcell" class="data">${event ? firstLine(event.data ?? (event.truncated ? "too long, in parts" : ""), 200) : ""}</span>
      </div>`;
  }
}

/** An event with its data and its bytes. They may be megabytes, so that they are made ready once, not whenever the table is scrolled. */
class EventDetails extends View {
  static properties = { event: { attribute: false }, hexRows: { state: true } };

  willUpdate(changed) {
    if (changed.has("event")) {
      const { data, payload, raw } = this.event;
      this.text = data ? jsonText(payload ?? data) : "";
      this.bytes = raw ? bytesOf(raw) : null;
      this.hexRows = HEX_FIRST / HEX_ROW;
    }
  }

  render() {
    const { event, bytes: raw } = this;
    return html`
      <section class="event-details" aria-label="Event ${event.sequence}">
        <h2><span class="lane-dot dot-${LANES[laneOf(event)]}"></span>${firstLine(event.type ?? event.kind, 80)}
          <span class="muted">#${event.sequence} · ${event.kind} · ${duration(event.offsetMs)} · ${bytes(event.bytes)}</span></h2>
        ${this.text ? html`<p class="kind">Data</p>${longText(this.text)}` : nothing}
        ${raw ? html`<p class="kind">Bytes</p><pre class="hex" tabindex="0" aria-label="Bytes in hexadecimal digits">${hex(raw, this.hexRows)}</pre>
          ${raw.length > this.hexRows * HEX_ROW ? html`<button class="more" @click=${() => (this.hexRows *= 8)}>Show more of ${count(raw.length)} bytes</button>` : nothing}` : nothing}
      </section>`;
  }
}

function bytesOf(base64) {
  const text = atob(base64);
  const raw = new Uint8Array(text.length);
  for (let i = 0; i < raw.length; i++) {
    raw[i] = text.charCodeAt(i);
  }
  return raw;
}

/** As hexdump has it: the place, the bytes, and the characters that are ASCII. */
function hex(raw, rows) {
  const told = [];
  for (let at = 0; at < raw.length && told.length < rows; at += HEX_ROW) {
    const some = raw.subarray(at, at + HEX_ROW);
    const digits = Array.from(some, byte => byte.toString(16).padStart(2, "0"));
    const left = digits.slice(0, 8).join(" ").padEnd(23), right = digits.slice(8).join(" ").padEnd(23);
    const text = Array.from(some, byte => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
    told.push(at.toString(16).padStart(6, "0") + "  " + left + "  " + right + "  " + text);
  }
  return told.join("\n");
}

customElements.define("rt-event", EventDetails);
customElements.define("rt-events", Events);

