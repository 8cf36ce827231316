import { html } from "lit";
import uPlot from "uplot";
import { View } from "./element.js";

const HEIGHT = 180;

const HOUR = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** The hour, and at midnight the day. */
function clock(seconds) {
  const then = new Date(seconds * 1000);
  return then.getHours() === 0 && then.getMinutes() === 0 ? DAY.format(then) : HOUR.format(then);
}

/**
 * A plot over time: bars or lines, in the page's colours. What it shows is in the table below it too, so it is hidden from
 * readers of the screen.
 */
class Chart extends View {
  static properties = {
    title: { type: String },
    times: { attribute: false },
    series: { attribute: false },
    format: { attribute: false },
    at: { state: true },
  };

  constructor() {
    super();
    this.sized = new ResizeObserver(() => this.plot?.setSize({ width: this.plotWidth, height: HEIGHT }));
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.redo = () => this.draw();
  }

  connectedCallback() {
    super.connectedCallback();
    this.sized.observe(this);
    this.scheme.addEventListener("change", this.redo);
    addEventListener("runtape-theme", this.redo);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.sized.disconnect();
    this.scheme.removeEventListener("change", this.redo);
    removeEventListener("runtape-theme", this.redo);
    this.plot?.destroy();
    this.plot = null;
  }

  render() {
    const at = this.at;
    return html`
      <p class="chart-title"><strong>${this.title}</strong>
        <span class="legend">${this.series.map(each => html`<span><span class="swatch ${each.colour}"></span>${each.label}
          <b>${at === null || at === undefined || each.values[at] === null ? "" : this.format(each.values[at])}</b></span>`)}</span></p>
      <div class="plot" aria-hidden="true"></div>`;
  }

  updated(changed) {
    if (changed.has("times") || changed.has("series")) {
      this.draw();
    }
  }

  get plotWidth() {
    return Math.max(200, this.querySelector(".plot")?.clientWidth ?? 0);
  }

  draw() {
    const box = this.querySelector(".plot");
    if (!box || !this.times) {
      return;
    }
    this.plot?.destroy();
    const style = getComputedStyle(this);
    const colour = name => style.getPropertyValue("--" + name).trim();
    const axis = { stroke: colour("muted"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line"), width: 1 }, font: "11px system-ui, sans-serif" };
    const bars = uPlot.paths.bars({ size: [0.72, 36] });
    this.plot = new uPlot({
      width: this.plotWidth,
      height: HEIGHT,
      padding: [10, 20, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
      scales: { x: { time: true, range: (_, min, max) => [min - 1800, max + 1800] }, y: { range: (_, min, max) => [0, Math.max(1, max * 1.1)] } },
      axes: [{ ...axis, space: 64, size: 30, values: (_, times) => times.map(clock) }, { ...axis, size: 62, values: (_, values) => values.map(this.format) }],
      series: [{}, ...this.series.map(each => ({
        label: each.label,
        stroke: colour(each.colour),
        fill: each.bars ? colour(each.colour) : undefined,
        width: each.bars ? 0 : 2,
        paths: each.bars ? bars : undefined,
        points: { show: !each.bars, size: 5, fill: colour(each.colour) },
        spanGaps: false,
      }))],
      hooks: { setCursor: [plot => { this.at = plot.cursor.idx ?? null; }] },
    }, [this.times, ...this.series.map(each => each.values)], box);
  }
}

customElements.define("rt-chart", Chart);
