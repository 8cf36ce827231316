import { html, nothing } from "lit";
import { View } from "./element.js";
import { getJson, getRun, told } from "./api.js";
import { badge } from "./badge.js";
import { bytes, count, duration, moment, NOTHING } from "./format.js";
import { diffLines } from "./diff.js";
import { go, runHref, withQuery } from "./router.js";
import { firstLine, jsonText, longText, shown } from "./text.js";

/** Longer texts are shown one beside the other, and not line by line. */
const DIFF_MAX = 200_000;
const CHOICES = 30;

/** Two runs side by side: what was asked, what they did, said and took. */
class Compare extends View {
  static properties = {
    place: { attribute: false },
    sides: { state: true },
    choices: { state: true },
    problem: { state: true },
  };

  willUpdate(changed) {
    const key = this.place.query.get("a") + " " + this.place.query.get("b");
    if (changed.has("place") && key !== this.opened) {
      this.opened = key;
      this.open();
    }
  }

  async open() {
    document.title = "Compare – Runtape";
    const ids = [this.place.query.get("a"), this.place.query.get("b")];
    this.sides = undefined;
    this.problem = null;
    const opened = this.opened;
    try {
      const sides = await Promise.all(ids.map(id => (id ? this.side(id) : null)));
      if (sides.some(side => side === null)) {
        this.choices = (await getJson(["runs"], { limit: CHOICES })).data;
      }
      if (opened === this.opened) {
        this.sides = sides;
      }
    } catch (failure) {
      this.problem = told(failure);
    }
  }

  async side(id) {
    const run = await getRun(id);
    const { data } = await getJson(["runs", run.id, "transcript"], {});
    const parts = data.messages.filter(message => message.role !== "user" && message.role !== "system").flatMap(message => message.parts);
    return {
      run,
      prompt: data.messages.filter(message => message.role === "user").flatMap(textOf).join("\n\n") || run.prompt || "",
      text: parts.filter(part => part.type === "text").map(part => part.text).join("\n\n"),
      calls: parts.filter(part => part.type === "tool_call").map(call => ({
        name: call.name,
        input: jsonText(call.input ?? ""),
        line: call.name + " " + (typeof call.input === "string" ? call.input : JSON.stringify(call.input ?? "")).replace(/\s+/g, " "),
        result: parts.find(part => part.type === "tool_result" && part.callId === call.id) ?? null,
      })),
    };
  }

  render() {
    if (this.problem) {
      return html`<h1 class="pad">Compare</h1><p class="problem pad" role="alert">${this.problem}</p>`;
    }
    if (!this.sides) {
      return html`<h1 class="pad">Compare</h1><p class="muted pad" role="status">Loading the runs …</p>`;
    }
    const [a, b] = this.sides;
    return html`
      <header class="run-head"><h1>Compare</h1></header>
      <div class="pair heads">
        ${this.sides.map((side, i) => side ? html`<section class="side-head">
          <p class="small"><span class="letter">${"AB"[i]}</span> ${badge(side.run)} <span class="muted">${moment(side.run.createdAt)}</span>
            <button class="quiet" @click=${() => go(withQuery({ ["ab"[i]]: null }))} aria-label=${"Change run " + "AB"[i]}>Change</button></p>
          <a href=${runHref(side.run.id)} dir="auto">${firstLine(side.run.prompt, 140) || side.run.id}</a></section>` : this.chooser(i))}
      </div>
      ${a && b ? this.both(a, b) : nothing}`;
  }

  chooser(i) {
    const name = "ab"[i];
    return html`<section class="side-head"><label><span class="letter">${"AB"[i]}</span> Choose a run
      <select @change=${event => go(withQuery({ [name]: event.target.value }))}>
        <option value="">…</option>
        ${(this.choices ?? []).map(run => html`<option value=${run.id}>${moment(run.createdAt)} · ${run.status} · ${firstLine(run.prompt, 60)}</option>`)}
      </select></label></section>`;
  }

  both(a, b) {
    const figures = [
      ["Duration", side => side.run.durationMs, duration],
      ["First event", side => side.run.timeToFirstEventMs, duration],
      ["Input tokens", side => side.run.usage?.inputTokens, count],
      ["Output tokens", side => side.run.usage?.outputTokens, count],
      ["Tool calls", side => side.calls.length, count],
      ["Events", side => side.run.eventCount, count],
      ["Size", side => side.run.byteCount, bytes],
    ];
    const words = [
      ["Agent", side => side.run.agent], ["Model", side => side.run.model], ["Finish reason", side => side.run.finishReason],
      ["Error", side => side.run.error?.message ?? side.run.error?.code],
    ].filter(([, of]) => of(a) || of(b));
    return html`
      <div class="scroll figures-scroll" tabindex="0" role="region" aria-label="Figures">
      <table class="figures-table"><thead><tr><th><span class="hidden">Figure</span></th><th class="num">A</th><th class="num">B</th><th class="num">B to A</th></tr></thead>
        <tbody>
          ${figures.map(([name, of, told]) => html`<tr><th scope="row">${name}</th><td class="num">${told(of(a))}</td><td class="num">${told(of(b))}</td>
            <td class="num">${change(of(a), of(b))}</td></tr>`)}
          ${words.map(([name, of]) => html`<tr class=${of(a) === of(b) ? "" : "differs"}><th scope="row">${name}</th>
            <td>${firstLine(of(a) ?? NOTHING, 200)}</td><td>${firstLine(of(b) ?? NOTHING, 200)}</td><td></td></tr>`)}
        </tbody></table></div>
      ${this.section("What was asked", a.prompt, b.prompt)}
      ${this.tools(a.calls, b.calls)}
      ${this.section("What was said", a.text, b.text)}`;
  }

  section(title, left, right) {
    const same = left === right;
    const rows = !same && left.length + right.length < DIFF_MAX ? diffLines(left, right) : null;
    return html`<section class="diff"><h2 class="section">${title} ${same ? html`<span class="badge completed">the same</span>` : nothing}</h2>
      ${same ? longText(left) : rows ? html`
        <div class="diff-rows">${rows.map(([one, other]) => {
          const kind = one === other ? "" : "differs";
          return html`<pre class="${one === null ? "none" : kind ? "gone" : ""}" dir="auto">${one === null ? "" : shown(one) || " "}</pre>
            <pre class="${other === null ? "none" : kind ? "come" : ""}" dir="auto">${other === null ? "" : shown(other) || " "}</pre>`;
        })}</div>` : html`<div class="pair">${longText(left)}${longText(right)}</div>`}
    </section>`;
  }

  /** Calls of the same name and arguments are set beside each other, in their order. */
  tools(left, right) {
    const line = call => call.line;
    const rows = diffLines(left.map(line).join("\n"), right.map(line).join("\n"));
    if (left.length + right.length === 0) {
      return nothing;
    }
    let i = 0, j = 0;
    return html`<section class="diff"><h2 class="section">Tool calls</h2>
      <div class="pair tools">${(rows ?? []).filter(([one, other]) => one || other).map(([one, other]) => html`
        ${this.call(one ? left[i++] : null, one === other ? "" : "gone")}${this.call(other ? right[j++] : null, one === other ? "" : "come")}`)}</div></section>`;
  }

  call(call, kind) {
    if (!call) {
      return html`<div class="none"></div>`;
    }
    const failed = call.result && (call.result.failed || (call.result.exitCode ?? 0) !== 0);
    return html`<details class="tool ${kind} ${failed ? "bad" : ""}"><summary><span class="tool-name">${firstLine(call.name, 60)}</span>
      <code class="args">${firstLine(call.line.slice(call.name.length + 1), 120)}</code>
      <span class="state ${failed ? "failed" : "completed"}">${failed ? (call.result.exitCode ? "exit " + call.result.exitCode : "failed") : call.result ? "done" : "no result"}</span></summary>
      <p class="kind">Arguments</p>${longText(call.input)}
      ${call.result ? html`<p class="kind">Output</p>${longText(jsonText(call.result.output ?? ""))}` : nothing}</details>`;
  }
}

const textOf = message => message.parts.filter(part => part.type === "text").map(part => part.text);

function change(a, b) {
  if (!a || b === null || b === undefined) {
    return NOTHING;
  }
  const percent = Math.round(((b - a) / a) * 100);
  return percent === 0 ? "±0 %" : (percent > 0 ? "+" : "−") + Math.abs(percent) + " %";
}

customElements.define("rt-compare", Compare);
