import { html, nothing } from "lit";
import { View } from "./element.js";
import { call, download, path, told } from "./api.js";
import { badge } from "./badge.js";
import { bytes, count, duration, fullMoment, moment, tokens } from "./format.js";
import { asCurl } from "./request.js";
import { compareHref, go, threadHref } from "./router.js";
import { copy, firstLine } from "./text.js";

/** What a run is, how it went, and what can be done with it. Tells that it changed the run as `changed`. */
class RunHead extends View {
  static properties = {
    run: { attribute: false },
    last: { type: Number },
    sequence: { type: Number },
    notice: { state: true },
  };

  async act(name, action) {
    this.notice = null;
    try {
      await action();
      if (name) {
        this.notice = name;
      }
    } catch (failure) {
      this.notice = told(failure);
    }
  }

  cancel() {
    this.act(null, async () => {
      await call(path(["runs", this.run.id, "cancel"]), { method: "POST" });
      this.dispatchEvent(new CustomEvent("changed"));
    });
  }

  delete() {
    this.act(null, async () => {
      await call(path(["runs", this.run.id]), { method: "DELETE" });
      go("/console", { replace: true });
    });
  }

  copyCurl() {
    this.act("The call is on the clipboard. Put your key into RUNTAPE_KEY.", async () => {
      const body = await (await call(path(["runs", this.run.id, "request"]), { accept: "*/*" })).text();
      await copy(asCurl(this.run, body));
    });
  }

  copyLink() {
    this.act("The link to this position is on the clipboard.", () =>
      copy(location.origin + location.pathname + location.search + (this.sequence ? "#seq=" + this.sequence : "")));
  }

  save(form) {
    const { id } = this.run;
    const files = {
      markdown: [["runs", id, "transcript"], "text/markdown", id + ".md"],
      archive: [["runs", id], "application/x-ndjson", id + ".ndjson"],
      cassette: [["runs", id, "cassette"], "application/x-ndjson", id + ".cassette.ndjson"],
    };
    const [target, type, name] = files[form];
    this.act(null, () => download(path(target), type, name));
  }

  render() {
    const run = this.run;
    const end = run.status === "running" ? Date.now() - Date.parse(run.createdAt) : run.durationMs;
    return html`
      <header class="run-head">
        <div class="title-line">
          <h1>${firstLine(run.prompt, 160) || run.id}</h1>
          ${badge(run)}
        </div>
        <p class="chips">
          <span>${firstLine(run.agent ?? run.path, 60)}</span>${run.model ? html`<span>${firstLine(run.model, 60)}</span>` : nothing}
          <span title=${fullMoment(run.createdAt)}>${moment(run.createdAt)}</span>
          <a href=${threadHref(run.threadId)}>thread ${firstLine(run.threadId, 40)}</a>
        </p>
        ${run.error ? html`<div class="error" role="note"><strong>${firstLine(run.error.code ?? "error", 80)}</strong> ${firstLine(run.error.message ?? "", 400)}</div>` : nothing}
        <div class="head-line"><dl class="figures">
          <div><dt>Duration</dt><dd>${duration(end)}</dd></div>
          <div><dt>First event</dt><dd>${duration(run.timeToFirstEventMs)}</dd></div>
          <div><dt>Tokens</dt><dd>${tokens(run.usage)}</dd></div>
          <div><dt>Events</dt><dd class="frames">${count(Math.max(run.lastSequence, this.last))}</dd></div>
          <div><dt>Size</dt><dd>${bytes(run.byteCount)}</dd></div>
        </dl>
        <div class="actions" role="group" aria-label="Actions">
          ${run.status === "running" ? html`<button class="danger" @click=${this.cancel}>Cancel the run</button>` : nothing}
          <button @click=${this.copyCurl}>Copy as curl</button>
          <button @click=${this.copyLink} title="c">Copy link here</button>
          <button @click=${() => this.save("markdown")}>Transcript</button>
          <button @click=${() => this.save("archive")} ?disabled=${run.status === "running"}>Archive</button>
          <button @click=${() => this.save("cassette")} ?disabled=${run.status === "running"}>Cassette</button>
          <a class="button" href=${compareHref(run.id, "")}>Compare …</a>
          <button class="danger" @click=${() => this.querySelector("dialog").showModal()} ?disabled=${run.status === "running"}>Delete …</button>
        </div></div>
        ${this.notice ? html`<p class="notice" role="status">${this.notice}</p>` : nothing}
        <dialog aria-labelledby="delete-title">
          <h2 id="delete-title">Delete this run?</h2>
          <p>Its ${count(run.lastSequence)} events, its request and its transcript are gone for good.</p>
          <p class="row"><button @click=${() => this.querySelector("dialog").close()}>Keep</button>
            <button class="danger solid" @click=${() => { this.querySelector("dialog").close(); this.delete(); }}>Delete</button></p>
        </dialog>
      </header>`;
  }
}

customElements.define("rt-run-head", RunHead);
