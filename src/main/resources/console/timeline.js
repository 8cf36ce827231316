import { html } from "lit";
import { View } from "./element.js";
import { duration, offset } from "./format.js";
import { LANES } from "./track.js";

const LANE_HEIGHT = 26;
const LABELS = 74;
const AXIS = 18;
const RIGHT = 8;

/** A pause is drawn as one if it is at least so long, and so wide. */
const PAUSE_MIN = 700;
const PAUSE_WIDTH = 14;

/**
 * A recording over time: a lane for each kind, pauses between them, and the place where the player is. What does not change
 * is drawn once; a move of the cursor copies it and draws a line.
 */
class Timeline extends View {
  static properties = {
    track: { attribute: false },
    version: { type: Number },
    time: { type: Number },
    live: { type: Boolean },
    label: { type: String },
  };

  constructor() {
    super();
    this.track = null;
    this.time = 0;
    this.label = "Timeline";
    this.from = 0;
    this.to = null;
    this.sized = new ResizeObserver(() => this.redraw());
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.recolour = () => this.redraw();
  }

  connectedCallback() {
    super.connectedCallback();
    this.sized.observe(this);
    this.scheme.addEventListener("change", this.recolour);
    addEventListener("runtape-theme", this.recolour);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.sized.disconnect();
    this.scheme.removeEventListener("change", this.recolour);
    removeEventListener("runtape-theme", this.recolour);
  }

  render() {
    const track = this.track;
    const sequence = track?.length ? track.sequenceAt(this.time) : 0;
    return html`<canvas class="timeline" tabindex="0" role="slider" aria-label=${this.label}
        aria-valuemin="0" aria-valuemax=${Math.round(track?.end ?? 0)} aria-valuenow=${Math.round(this.time)}
        aria-valuetext=${`${offset(this.time)}, event ${sequence}`}
        @pointerdown=${this.grab} @pointermove=${this.drag} @pointerup=${this.release} @pointercancel=${this.release}
        @wheel=${this.wheel}></canvas>`;
  }

  updated(changed) {
    if (changed.has("track")) {
      this.from = 0;
      this.to = null;
    }
    if (changed.has("track") || changed.has("version")) {
      this.redraw();
    } else if (this.to !== null && (this.time < this.from || this.time > this.to)) {
      // What is looked at follows the cursor.
      const span = this.to - this.from;
      this.show(this.time - span * 0.1, this.time + span * 0.9);
    } else {
      this.drawCursor();
    }
  }

  get span() {
    const end = Math.max(1, this.track?.end ?? 1);
    return [this.from, this.to ?? end * 1.005];
  }

  /** Looks at a part; all of it without arguments. */
  show(from = 0, to = null) {
    const end = Math.max(1, this.track?.end ?? 1) * 1.005;
    if (to === null || to - from >= end) {
      this.from = 0;
      this.to = null;
    } else {
      const span = Math.max(20, to - from);
      this.from = Math.min(Math.max(0, from), end - span);
      this.to = this.from + span;
    }
    this.redraw();
  }

  zoom(factor, around = this.time) {
    const [from, to] = this.span;
    this.show(around - (around - from) * factor, around + (to - around) * factor);
  }

  xOf(ms) {
    const [from, to] = this.span;
    return LABELS + ((ms - from) / (to - from)) * (this.width - LABELS - RIGHT);
  }

  msOf(x) {
    const [from, to] = this.span;
    const ms = from + ((x - LABELS) / (this.width - LABELS - RIGHT)) * (to - from);
    return Math.min(Math.max(0, ms), this.track?.end ?? 0);
  }

  grab(event) {
    this.held = true;
    event.target.setPointerCapture(event.pointerId);
    this.seek(event);
  }

  drag(event) {
    if (this.held) {
      this.seek(event);
    }
  }

  release() {
    this.held = false;
  }

  seek(event) {
    this.dispatchEvent(new CustomEvent("seek", { detail: this.msOf(event.offsetX) }));
  }

  wheel(event) {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? 0.8 : 1.25, this.msOf(event.offsetX));
    }
  }

  get canvas() {
    return this.querySelector("canvas");
  }

  colours() {
    const style = getComputedStyle(this);
    const of = name => style.getPropertyValue("--" + name).trim();
    return {
      lanes: LANES.map(lane => of("lane-" + lane)),
      line: of("line"), muted: of("muted"), text: of("text"), accent: of("accent"), pause: of("pause"), surface: of("surface-2"),
    };
  }

  redraw() {
    const canvas = this.canvas;
    if (!canvas || !this.track) {
      return;
    }
    const width = Math.max(160, this.clientWidth);
    const height = LANE_HEIGHT * LANES.length + AXIS;
    const density = Math.min(3, devicePixelRatio || 1);
    this.width = width;
    this.height = height;
    canvas.width = Math.round(width * density);
    canvas.height = Math.round(height * density);
    canvas.style.height = height + "px";
    this.still = document.createElement("canvas");
    this.still.width = canvas.width;
    this.still.height = canvas.height;
    this.palette = this.colours();
    const context = this.still.getContext("2d");
    context.scale(density, density);
    this.density = density;
    this.drawStill(context);
    this.drawCursor();
  }

  drawStill(context) {
    const { track, palette, width } = this;
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "middle";
    LANES.forEach((lane, i) => {
      const y = i * LANE_HEIGHT;
      context.fillStyle = palette.surface;
      context.fillRect(LABELS, y + 2, width - LABELS - RIGHT, LANE_HEIGHT - 4);
      context.fillStyle = palette.muted;
      context.fillText(lane, 2, y + LANE_HEIGHT / 2);
    });
    this.drawPauses(context);
    this.drawEvents(context);
    this.drawRuns(context);
    this.drawAxis(context);
  }

  drawPauses(context) {
    const { track, palette } = this;
    const bottom = LANES.length * LANE_HEIGHT;
    const [from, to] = this.span;
    const first = Math.max(0, track.indexAt(from));
    const shownMin = Math.max(PAUSE_MIN, ((to - from) / (this.width - LABELS)) * PAUSE_WIDTH);
    for (let i = first; i < track.length && track.at[i] <= to; i++) {
      const before = i ? track.at[i - 1] : 0;
      const gap = track.at[i] - before;
      if (gap < shownMin || (track.sampled && track.sequence[i] !== (i ? track.sequence[i - 1] : 0) + 1)) {
        continue;
      }
      const left = Math.max(LABELS, this.xOf(before)), right = Math.min(this.width - RIGHT, this.xOf(track.at[i]));
      context.save();
      context.beginPath();
      context.rect(left + 1, 2, Math.max(0, right - left - 2), bottom - 4);
      context.clip();
      context.strokeStyle = palette.pause;
      context.lineWidth = 1;
      context.beginPath();
      for (let x = left - bottom; x < right; x += 6) {
        context.moveTo(x, bottom);
        context.lineTo(x + bottom, 0);
      }
      context.stroke();
      context.restore();
      const label = duration(gap);
      if (right - left > context.measureText(label).width + 8) {
        const middle = (left + right) / 2;
        context.textAlign = "center";
        context.fillStyle = palette.surface;
        const half = context.measureText(label).width / 2 + 4;
        context.fillRect(middle - half, bottom - LANE_HEIGHT / 2 - 8, half * 2, 16);
        context.fillStyle = palette.muted;
        context.fillText(label, middle, bottom - LANE_HEIGHT / 2);
        context.textAlign = "left";
      }
    }
  }

  /** One bar for each column of pixels, as high as the logarithm of what came in it. */
  drawEvents(context) {
    const { track, palette, width } = this;
    const columns = Math.ceil(width - LABELS - RIGHT);
    const [from, to] = this.span;
    const sizes = LANES.map(() => new Float64Array(columns + 2));
    for (let i = Math.max(0, track.indexAt(from)); i < track.length && track.at[i] <= to; i++) {
      const column = Math.floor(this.xOf(track.at[i]) - LABELS);
      if (column >= 0 && column <= columns) {
        sizes[track.lane[i]][column] += track.size[i];
      }
    }
    const most = Math.log2(2 + Math.max(64, ...sizes.map(lane => lane.reduce((a, b) => Math.max(a, b), 0))));
    sizes.forEach((lane, k) => {
      context.fillStyle = palette.lanes[k];
      const middle = k * LANE_HEIGHT + LANE_HEIGHT / 2;
      for (let x = 0; x <= columns; x++) {
        if (lane[x] > 0) {
          const height = Math.max(5, (Math.log2(1 + lane[x]) / most) * (LANE_HEIGHT - 6));
          context.fillRect(LABELS + x, middle - height / 2, k === 3 ? 4 : 2, height);
        }
      }
    });
  }

  drawRuns(context) {
    const { track, palette } = this;
    for (const run of track.runs.slice(1)) {
      const x = this.xOf(run.start - 500);
      if (x > LABELS && x < this.width) {
        context.strokeStyle = palette.muted;
        context.setLineDash([3, 3]);
        context.beginPath();
        context.moveTo(x, 0);
        context.lineTo(x, LANES.length * LANE_HEIGHT);
        context.stroke();
        context.setLineDash([]);
      }
    }
  }

  drawAxis(context) {
    const { palette, width } = this;
    const [from, to] = this.span;
    const wanted = (to - from) / Math.max(2, Math.floor((width - LABELS) / 90));
    const power = 10 ** Math.floor(Math.log10(wanted));
    const step = [1, 2, 5, 10].map(times => times * power).find(each => each >= wanted);
    const y = LANES.length * LANE_HEIGHT + AXIS / 2 + 1;
    for (let t = Math.ceil(from / step) * step; t <= to; t += step) {
      const x = this.xOf(t);
      context.fillStyle = palette.line;
      context.fillRect(x, 0, 1, LANES.length * LANE_HEIGHT + 3);
      const label = t === 0 ? "0" : duration(t).replace(/(\.\d*?)0+ s$/, "$1 s").replace(/\. s$/, " s");
      if (x + context.measureText(label).width < width) {
        context.fillStyle = palette.muted;
        context.fillText(label, x + 2, y);
      }
    }
  }

  drawCursor() {
    const canvas = this.canvas;
    if (!canvas || !this.still) {
      return;
    }
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.still, 0, 0);
    context.scale(this.density, this.density);
    const x = this.xOf(this.time);
    if (x >= LABELS - 1 && x <= this.width) {
      context.fillStyle = this.palette.accent;
      context.fillRect(x - 1, 0, 2, LANES.length * LANE_HEIGHT + 4);
      context.beginPath();
      context.moveTo(x - 5, 0);
      context.lineTo(x + 5, 0);
      context.lineTo(x, 7);
      context.fill();
    }
  }
}

customElements.define("rt-timeline", Timeline);
