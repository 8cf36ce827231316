import { html, nothing } from "lit";
import { View } from "./element.js";
import { download, getJson, getRun, path, told } from "./api.js";
import { badge } from "./badge.js";
import { bytes, count, duration, moment, NOTHING } from "./format.js";
import { Poll, REST_MIN, Setback } from "./live.js";
import { go, runHref, withQuery } from "./router.js";
import { firstLine, jsonText, Long, longText, shown } from "./text.js";

const CHOICES = 30;

/** How a tool call may differ, in the words of this page. */
const NAMES = { arguments: "arguments", result: "output" };

/** Two runs side by side: what was asked, what they did, said and took. */
class Compare extends View {
  static properties = {
    place: { attribute: false },
    sides: { state: true },
    diff: { state: true },
    choices: { state: true },
    problem: { state: true },
    unsaved: { state: true },
  };

  constructor() {
    super();
    new Poll(this, REST_MIN, () => (this.problem?.isOver ? this.load() : null));
  }

  willUpdate(changed) {
    const key = this.place.query.get("a") + " " + this.place.query.get("b");
    if (changed.has("place") && key !== this.opened) {
      this.opened = key;
      this.open();
    }
  }

  open() {
    document.title = "Compare – Runtape";
    this.sides = this.diff = undefined;
    this.problem = this.unsaved = null;
    this.load();
  }

  async load() {
    const ids = [this.place.query.get("a"), this.place.query.get("b")];
    const { opened } = this;
    try {
      const sides = await Promise.all(ids.map(id => (id ? getRun(id) : null)));
      const both = sides.every(run => run !== null);
      if (!both) {
        this.choices = (await getJson(["runs"], { limit: CHOICES })).data;
      }
      const diff = both ? (await getJson(["runs", ids[0], "diff"], { with: ids[1] })).data : null;
      if (opened === this.opened) {
        [this.sides, this.diff, this.problem] = [sides, diff, null];
      }
    } catch (failure) {
      if (opened === this.opened) {
        this.problem = new Setback(failure, this.problem);
      }
    }
  }

  async save() {
    const { opened, sides: [a, b] } = this;
    this.unsaved = null;
    try {
      await download(path(["runs", a.id, "diff"], { with: b.id }), "text/html", a.id + "." + b.id + ".html");
    } catch (failure) {
      if (opened === this.opened) {
        this.unsaved = told(failure);
      }
    }
  }

  render() {
    if (this.problem) {
      return html`<h1 class="pad">Compare</h1><p class="problem pad" role="alert">${this.problem.text}</p>`;
    }
    if (!this.sides) {
      return html`<h1 class="pad">Compare</h1><p class="muted pad" role="status">Loading the runs …</p>`;
    }
    const [a, b] = this.sides;
    return html`
      <header class="run-head"><div class="head-line"><h1>Compare</h1>
        ${this.diff ? html`<div class="actions"><button @click=${this.save}>Download as a page</button></div>` : nothing}</div>
        ${this.unsaved ? html`<p class="notice" role="status">${this.unsaved}</p>` : nothing}</header>
      <div class="pair heads">
        ${this.sides.map((run, i) => run ? html`<section class="side-head">
          <p class="small"><span class="letter">${"AB"[i]}</span> ${badge(run)} <span class="muted">${moment(run.createdAt)}</span>
            <button class="quiet" @click=${() => go(withQuery({ ["ab"[i]]: null }))} aria-label=${"Change run " + "AB"[i]}>Change</button></p>
          <a href=${runHref(run.id)} dir="auto">${firstLine(run.prompt, 140) || run.id}</a></section>` : this.chooser(i))}
      </div>
      ${this.diff ? this.both(a, b, this.diff) : nothing}`;
  }

  chooser(i) {
    const name = "ab"[i];
    return html`<section class="side-head"><label><span class="letter">${"AB"[i]}</span> Choose a run
      <select @change=${event => go(withQuery({ [name]: event.target.value }))}>
        <option value="">…</option>
        ${(this.choices ?? []).map(run => html`<option value=${run.id}>${moment(run.createdAt)} · ${run.status} · ${firstLine(run.prompt, 60)}</option>`)}
      </select></label></section>`;
  }

  both(a, b, diff) {
    const calls = side => diff.toolCalls.pairs.filter(pair => pair[side]).length;
    const figures = [
      ["Duration", a.durationMs, b.durationMs, duration],
      ["First event", a.timeToFirstEventMs, b.timeToFirstEventMs, duration],
      ["Input tokens", diff.usage.inputTokens.first, diff.usage.inputTokens.second, count],
      ["Output tokens", diff.usage.outputTokens.first, diff.usage.outputTokens.second, count],
      ["Tool calls", calls("first"), calls("second"), count],
      ["Events", a.eventCount, b.eventCount, count],
      ["Size", a.byteCount, b.byteCount, bytes],
    ];
    const words = [
      ["Agent", run => run.agent], ["Model", run => run.model], ["Finish reason", run => run.finishReason],
      ["Error", run => run.error?.message ?? run.error?.code],
    ].filter(([, of]) => of(a) || of(b));
    return html`
      <div class="scroll figures-scroll" tabindex="0" role="region" aria-label="Figures">
      <table class="figures-table"><thead><tr><th><span class="hidden">Figure</span></th><th class="num">A</th><th class="num">B</th><th class="num">B to A</th></tr></thead>
        <tbody>
          ${figures.map(([name, one, other, told]) => html`<tr><th scope="row">${name}</th><td class="num">${told(one)}</td><td class="num">${told(other)}</td>
            <td class="num">${change(one, other)}</td></tr>`)}
          ${words.map(([name, of]) => html`<tr class=${of(a) === of(b) ? "" : "differs"}><th scope="row">${name}</th>
            <td>${firstLine(of(a) ?? NOTHING, 200)}</td><td>${firstLine(of(b) ?? NOTHING, 200)}</td><td></td></tr>`)}
          ${(diff.request.members ?? []).map(member => html`<tr class="differs"><th scope="row">${firstLine(member.name, 60)}</th>
            <td>${firstLine(jsonText(member.first ?? NOTHING), 200)}</td><td>${firstLine(jsonText(member.second ?? NOTHING), 200)}</td><td></td></tr>`)}
        </tbody></table></div>
      ${diff.request.messages.map(message => text(message.role === "user" ? "What was asked" : "What was asked: " + message.role, message.text))}
      ${this.tools(diff.toolCalls.pairs)}
      ${diff.reasoning ? text("What was thought", diff.reasoning) : nothing}
      ${text("What was said", diff.text)}`;
  }

  tools(pairs) {
    return pairs.length === 0 ? nothing : html`<section class="diff"><h2 class="section">Tool calls</h2>
      <div class="pair tools">${pairs.map(({ name, change, differs, first, second }) => html`
        ${call(name, first, change === "same" ? "" : "gone", differs)}${call(name, second, change === "same" ? "" : "come", differs)}`)}</div></section>`;
  }
}

function text(title, { equal, operations }) {
  return html`<section class="diff"><h2 class="section">${title} ${equal ? html`<span class="badge completed">the same</span>` : nothing}</h2>
    ${equal ? longText(operations.map(piece => piece.text).join("")) : html`
      <div class="diff-rows">${rowsOf(operations).map(row => html`${side(row.left, row.same ? "" : "gone", "del")}${side(row.right, row.same ? "" : "come", "ins")}`)}</div>`}
  </section>`;
}

/** Lines of both texts that stand beside each other, in pieces: what one side alone has is `changed`. */
function rowsOf(operations) {
  const rows = [];
  let row = { left: [], right: [], same: true };
  const end = () => {
    if (row.left.length + row.right.length > 0) {
      rows.push(row);
      row = { left: [], right: [], same: true };
    }
  };
  const both = text => {
    row.left.push({ text });
    row.right.push({ text });
  };
  const endsLine = pieces => pieces.length === 0 || pieces.at(-1).text.endsWith("\n");
  for (const { kind, text } of operations) {
    if (kind !== "equal") {
      row.same = false;
      row[kind === "delete" ? "left" : "right"].push({ text, changed: true });
      continue;
    }
    const open = endsLine(row.left) && endsLine(row.right) ? 0 : text.indexOf("\n") + 1 || text.length;
    if (open > 0) {
      both(text.slice(0, open));
    }
    const last = text.lastIndexOf("\n") + 1;
    if (open < text.length) {
      end();
    }
    if (last > open) {
      both(text.slice(open, last));
      end();
    }
    if (Math.max(open, last) < text.length) {
      both(text.slice(Math.max(open, last)));
    }
  }
  end();
  return rows;
}

const side = (pieces, kind, mark) =>
  html`<rt-side class=${pieces.length === 0 ? "none" : kind} .pieces=${pieces} .mark=${mark}></rt-side>`;

/** What one side has in a row. */
class Side extends Long {
  static properties = { pieces: { attribute: false }, mark: { attribute: false } };

  render() {
    const told = [];
    let all = 0;
    for (const { text, changed } of this.pieces) {
      if (all < this.chars) {
        const some = shown(text.slice(0, this.chars - all));
        told.push(!changed ? some : this.mark === "del" ? html`<del>${some}</del>` : html`<ins>${some}</ins>`);
      }
      all += text.length;
    }
    return html`<pre dir="auto">${told}</pre>${this.more(all)}`;
  }
}

/** @param differs what the other run's call has otherwise: `arguments`, `result` */
function call(name, made, kind, differs) {
  if (!made) {
    return html`<div class="none"></div>`;
  }
  const { result } = made;
  const failed = result && (result.failed || (result.exitCode ?? 0) !== 0);
  const line = typeof made.arguments === "string" ? made.arguments : JSON.stringify(made.arguments ?? "");
  return html`<details class="tool ${kind} ${failed ? "bad" : ""}"><summary><span class="tool-name">${firstLine(name, 60)}</span>
    <code class="args">${firstLine(line.replace(/\s+/g, " "), 120)}</code>
    <span class="state ${failed ? "failed" : "completed"}">${failed ? (result.exitCode ? "exit " + result.exitCode : "failed") : result ? "done" : "no result"}</span>
    ${differs.length > 0 ? html`<span class="differs-in">other ${differs.map(part => NAMES[part]).join(", ")}</span>` : nothing}</summary>
    <p class="kind">Arguments</p>${longText(jsonText(made.arguments ?? ""))}
    ${result ? html`<p class="kind">Output</p>${longText(jsonText(result.output ?? ""))}` : nothing}</details>`;
}

function change(a, b) {
  if (!a || b === null || b === undefined) {
    return NOTHING;
  }
  const percent = Math.round(((b - a) / a) * 100);
  return percent === 0 ? "±0 %" : (percent > 0 ? "+" : "−") + Math.abs(percent) + " %";
}

customElements.define("rt-side", Side);
customElements.define("rt-compare", Compare);
