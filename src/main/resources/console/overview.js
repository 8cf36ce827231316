import { html, nothing } from "lit";
import { View } from "./element.js";
import { ApiError, getJson, told } from "./api.js";
import { count, duration, moment, NOTHING, share } from "./format.js";
import { newest, Poll } from "./live.js";
import { go, runHref, withQuery } from "./router.js";
import { firstLine } from "./text.js";
import { fromRuns, fromStats, hoursOf, toolsOf } from "./stats.js";
import "./charts.js";

const EVERY = 30_000;
const SPANS = [["24", "last day"], ["72", "last 3 days"], ["168", "last week"]];
const HOUR = 3_600_000;
const NEWEST = 500;
const SLOWEST = 5;

/** How the agents did, hour by hour. */
class Overview extends View {
  static properties = {
    place: { attribute: false },
    hours: { state: true },
    tools: { state: true },
    slow: { state: true },
    counted: { state: true },
    problem: { state: true },
  };

  constructor() {
    super();
    this.counted = null;
    this.loading = newest();
    new Poll(this, EVERY, () => this.load());
  }

  willUpdate(changed) {
    if (changed.has("place") && this.asked !== this.span) {
      this.asked = this.span;
      this.hours = undefined;
      this.counted = this.problem = null;
      this.load();
    }
  }

  get span() {
    const span = this.place.query.get("hours");
    return SPANS.some(([hours]) => hours === span) ? Number(span) : 24;
  }

  async load() {
    document.title = "Overview – Runtape";
    const isNewest = this.loading();
    const until = (Math.floor(Date.now() / HOUR) + 1) * HOUR;
    let figures;
    try {
      figures = { ...(await this.figures(until - this.span * HOUR, until)), problem: null };
    } catch (failure) {
      figures = { problem: told(failure) };
    }
    if (isNewest()) {
      Object.assign(this, figures);
    }
  }

  /** As the history counts them, or counted here where it does not. */
  async figures(since, until) {
    const from = new Date(since).toISOString();
    try {
      const groups = (await getJson(["stats"], { groupBy: "hour", since: from })).data;
      const tools = toolsOf((await getJson(["stats"], { groupBy: "tool", since: from })).data);
      return { hours: hoursOf(fromStats(groups), since, until), tools, counted: null, slow: await this.slowest(from) };
    } catch (failure) {
      if (!(failure instanceof ApiError) || (failure.status !== 404 && failure.status !== 400)) {
        throw failure;
      }
      const { data } = await getJson(["runs"], { since: from, limit: NEWEST });
      return {
        hours: hoursOf(fromRuns(data), since, until),
        tools: null,
        counted: data.length,
        slow: data.filter(run => run.durationMs !== null).sort((a, b) => b.durationMs - a.durationMs).slice(0, SLOWEST),
      };
    }
  }

  /** The slowest runs, where the history can sort by that. */
  async slowest(since) {
    try {
      return (await getJson(["runs"], { since, sort: "durationMs", limit: SLOWEST })).data;
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 400) {
        return [];
      }
      throw failure;
    }
  }

  render() {
    return html`
      <header class="run-head overview-head"><h1>Overview</h1>
        <label>Time <select @change=${event => go(withQuery({ hours: event.target.value === "24" ? null : event.target.value }))}>
          ${SPANS.map(([hours, label]) => html`<option value=${hours} ?selected=${Number(hours) === this.span}>${label}</option>`)}</select></label>
      </header>
      ${this.problem ? html`<p class="problem pad" role="alert">${this.problem}</p>` : nothing}
      ${this.counted === null ? nothing : html`<p class="note">Counted here from the newest ${count(this.counted)} runs of this time, ${count(NEWEST)} at the most.</p>`}
      ${this.hours ? this.shown(this.hours) : this.problem ? nothing : html`<p class="muted pad" role="status">Counting …</p>`}`;
  }

  shown(hours) {
    const sum = of => hours.reduce((total, hour) => total + of(hour), 0);
    const runs = sum(hour => hour.runs), failed = sum(hour => hour.failed);
    const times = hours.map(hour => hour.start / 1000);
    const of = (label, colour, value, bars) => ({ label, colour, bars, values: hours.map(value) });
    return html`
      <dl class="figures big">
        <div><dt>Runs</dt><dd>${count(runs)}</dd></div>
        <div><dt>Failed</dt><dd class=${failed ? "bad" : ""}>${count(failed)} <span class="muted small">${share(failed, runs)}</span></dd></div>
        <div><dt>Input tokens</dt><dd>${count(sum(hour => hour.inputTokens))}</dd></div>
        <div><dt>Output tokens</dt><dd>${count(sum(hour => hour.outputTokens))}</dd></div>
      </dl>
      <div class="charts">
        <rt-chart title="Runs" .times=${times} .format=${count} .series=${[of("all", "lane-text", hour => hour.runs, true), of("failed", "lane-errors", hour => hour.failed, true)]}></rt-chart>
        <rt-chart title="Tokens" .times=${times} .format=${count} .series=${[of("input", "lane-other", hour => hour.inputTokens, true), of("output", "lane-reasoning", hour => hour.outputTokens, true)]}></rt-chart>
        <rt-chart title="Duration" .times=${times} .format=${duration} .series=${[of("p50", "lane-text", hour => hour.duration?.p50 ?? null), of("p95", "lane-tools", hour => hour.duration?.p95 ?? null)]}></rt-chart>
        <rt-chart title="First event" .times=${times} .format=${duration} .series=${[of("p50", "lane-text", hour => hour.firstEvent?.p50 ?? null), of("p95", "lane-tools", hour => hour.firstEvent?.p95 ?? null)]}></rt-chart>
      </div>
      ${this.tools?.length ? this.toolTable() : nothing}
      ${this.slow?.length ? html`<h2 class="section">Slowest runs</h2><ol class="run-list">${this.slow.map(run => html`<li>
        <a href=${runHref(run.id)} dir="auto">${firstLine(run.prompt, 100) || run.id}</a><span class="muted small">${duration(run.durationMs)} · ${run.status} · ${moment(run.createdAt)}</span></li>`)}</ol>` : nothing}
      <details class="table-details"><summary>The hours as a table</summary>
        <div class="scroll" tabindex="0" role="region" aria-label="The hours as a table"><table>
          <thead><tr><th>Hour</th><th class="num">Runs</th><th class="num">Failed</th><th class="num">Input</th><th class="num">Output</th>
            <th class="num">Duration p50</th><th class="num">p95</th><th class="num">First event p50</th><th class="num">p95</th></tr></thead>
          <tbody>${hours.filter(hour => hour.runs).reverse().map(hour => html`<tr><th scope="row">${moment(new Date(hour.start).toISOString())}</th>
            <td class="num">${count(hour.runs)}</td><td class="num">${count(hour.failed)}</td>
            <td class="num">${count(hour.inputTokens)}</td><td class="num">${count(hour.outputTokens)}</td>
            <td class="num">${duration(hour.duration?.p50)}</td><td class="num">${duration(hour.duration?.p95)}</td>
            <td class="num">${duration(hour.firstEvent?.p50)}</td><td class="num">${duration(hour.firstEvent?.p95)}</td></tr>`)}</tbody>
        </table></div></details>`;
  }

  toolTable() {
    return html`<h2 class="section">Tools</h2><div class="scroll" tabindex="0" role="region" aria-label="Tools"><table>
      <thead><tr><th>Tool</th><th class="num">Runs</th><th class="num">Failed</th><th class="num">Duration p50</th><th class="num">p95</th></tr></thead>
      <tbody>${this.tools.map(tool => html`<tr><th scope="row">${firstLine(tool.name ?? NOTHING, 80)}</th><td class="num">${count(tool.runs)}</td>
        <td class="num">${count(tool.failed)} <span class="muted small">${share(tool.failed, tool.runs)}</span></td>
        <td class="num">${duration(tool.duration?.p50)}</td><td class="num">${duration(tool.duration?.p95)}</td></tr>`)}</tbody></table></div>`;
  }
}

customElements.define("rt-overview", Overview);
