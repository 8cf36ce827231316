import { html, nothing } from "lit";
import { View } from "./element.js";
import { key } from "./api.js";
import { Keys } from "./keys.js";
import { followLinks, go, here, onPlace } from "./router.js";
import "./runs.js";

/** Views that are not the first one come when they are asked for. */
const PARTS = {
  runs: () => Promise.resolve(),
  run: () => Promise.all([import("./player.js"), import("./run.js")]),
  thread: () => Promise.all([import("./player.js"), import("./thread.js")]),
  compare: () => import("./compare.js"),
  overview: () => import("./overview.js"),
};

const NAV = [["/console", "Runs", "runs"], ["/console/overview", "Overview", "overview"], ["/console/compare", "Compare", "compare"]];
const THEMES = { auto: "System colours", light: "Light colours", dark: "Dark colours" };

const HELP = [
  ["Everywhere", [["?", "this help"], ["g r", "runs"], ["g o", "overview"]]],
  ["Runs", [["j k", "next, previous run"], ["Enter", "open"], ["x", "mark for comparison"], ["/", "search"], ["n", "older runs"]]],
  ["A run", [["Space", "play, pause"], ["← →", "event by event, with Shift ten"], ["< >", "slower, faster"], ["+ − 0", "zoom the timeline"],
    ["t e r", "transcript, events, request"], ["c", "copy the link to this position"], ["Esc", "back to the end"]]],
];

/** The page: what is on top of every view, and the view. */
class App extends View {
  static properties = {
    place: { state: true },
    ready: { state: true },
    asksKey: { state: true },
    refused: { state: true },
    broken: { state: true },
    theme: { state: true },
    session: { state: true },
  };

  constructor() {
    super();
    this.place = here();
    this.session = 0;
    this.theme = document.documentElement.dataset.theme ?? "auto";
    new Keys(this, {
      "?": () => this.querySelector("dialog.help").showModal(),
      g: () => { this.going = performance.now(); },
      r: () => (this.goes() ? go("/console") : false),
      o: () => (this.goes() ? go("/console/overview") : false),
    });
  }

  goes() {
    return this.going && performance.now() - this.going < 1000;
  }

  createRenderRoot() {
    this.replaceChildren();
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    followLinks();
    onPlace(place => {
      const moved = place.view !== this.place.view || place.id !== this.place.id;
      this.place = place;
      if (moved) {
        this.enter();
        scrollTo(0, 0);
        this.updateComplete.then(() => this.querySelector("main").focus({ preventScroll: true }));
      }
    });
    addEventListener("runtape-key", event => {
      this.asksKey = true;
      this.refused = event.detail.hadKey;
    });
    document.querySelector(".skip")?.addEventListener("click", event => {
      event.preventDefault();
      this.querySelector("main").focus();
    });
    this.enter();
  }

  async enter() {
    const { view } = this.place;
    let broken = false;
    try {
      await PARTS[view]?.();
    } catch {
      broken = true;
    }
    // Somebody may have gone on meanwhile.
    if (view === this.place.view) {
      this.broken = broken;
      this.ready = view;
    }
  }

  updated(changed) {
    if (changed.has("asksKey") && this.asksKey) {
      this.querySelector("#key").focus();
    }
  }

  setTheme() {
    const names = Object.keys(THEMES);
    this.theme = names[(names.indexOf(this.theme) + 1) % names.length];
    if (this.theme === "auto") {
      delete document.documentElement.dataset.theme;
    } else {
      document.documentElement.dataset.theme = this.theme;
    }
    try {
      localStorage.setItem("runtape.theme", this.theme);
    } catch {
      // A browser that stores nothing forgets it.
    }
    dispatchEvent(new CustomEvent("runtape-theme"));
  }

  useKey(event) {
    event.preventDefault();
    key.set(this.querySelector("#key").value.trim());
    this.asksKey = false;
    this.refused = false;
    // All that was loaded belongs to somebody else.
    this.session++;
  }

  forgetKey() {
    key.set("");
    this.asksKey = false;
    this.session++;
  }

  render() {
    const has = key.get();
    return html`
      <header class="top">
        <a class="brand" href="/console"><svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><g fill="currentColor"><rect x="2" y="10" width="3" height="4" rx="1.5"/><rect x="7" y="5" width="3" height="14" rx="1.5"/><rect x="12" y="8" width="3" height="8" rx="1.5"/><rect x="17" y="2" width="3" height="20" rx="1.5"/></g></svg>Runtape</a>
        <nav aria-label="Console">${NAV.map(([href, label, view]) => html`<a href=${href}
          aria-current=${this.place.view === view ? "page" : nothing}>${label}</a>`)}</nav>
        <span class="tools">
          <button class="quiet" @click=${() => this.querySelector("dialog.help").showModal()} aria-label="Keys" title="Keys (?)">?</button>
          <button class="quiet theme" @click=${this.setTheme} title=${THEMES[this.theme]} aria-label=${"Colours: " + THEMES[this.theme]}>
            ${{ auto: "◐", light: "☀", dark: "☾" }[this.theme]}</button>
          ${has ? html`<span class="muted small key-note">key …${has.slice(-4)}</span><button class="quiet" @click=${this.forgetKey}>Forget key</button>`
            : html`<button class="quiet" @click=${() => (this.asksKey = true)}>Use a key</button>`}
        </span>
      </header>
      <main id="main" tabindex="-1">${this.asksKey ? this.keyForm() : this.view()}</main>
      <dialog class="help" aria-labelledby="help-title">
        <h2 id="help-title">Keys</h2>
        <div class="help-groups">${HELP.map(([title, keys]) => html`<section><h3>${title}</h3><dl>${keys.map(([name, what]) =>
          html`<div><dt>${name.split(" ").map(each => html`<kbd>${each}</kbd> `)}</dt><dd>${what}</dd></div>`)}</dl></section>`)}</div>
        <form method="dialog"><button @click=${event => { event.preventDefault(); this.querySelector("dialog.help").close(); }}>Close</button></form>
      </dialog>`;
  }

  keyForm() {
    return html`
      <form class="key-form" @submit=${this.useKey}>
        <h1>Whose history?</h1>
        <p class="muted">Type in the key that you call the agent with. It stays in this tab, and goes to this gateway only.</p>
        <label for="key">Key</label>
        <input id="key" type="password" autocomplete="off" spellcheck="false" required
          aria-invalid=${this.refused ? "true" : nothing} aria-describedby=${this.refused ? "key-problem" : nothing}>
        ${this.refused ? html`<p id="key-problem" class="problem" role="alert">The gateway does not take this key.</p>` : nothing}
        <p class="row"><button class="primary">Show the history</button>
          <button type="button" class="quiet" @click=${this.forgetKey}>Without a key</button></p>
      </form>`;
  }

  view() {
    if (this.broken) {
      return html`<p class="problem pad" role="alert">A part of the console cannot be loaded. Load the page again.</p>`;
    }
    const place = this.place;
    if (this.ready !== place.view) {
      return html`<p class="muted pad" role="status">Loading …</p>`;
    }
    // A template of its own for each session: views are made anew with another key.
    return this.session % 2 ? html`<div>${this.shownView(place)}</div>` : html`<div class="view">${this.shownView(place)}</div>`;
  }

  shownView(place) {
    switch (place.view) {
      case "runs":
        return html`<rt-runs .place=${place}></rt-runs>`;
      case "run":
        return html`<rt-run .place=${place}></rt-run>`;
      case "thread":
        return html`<rt-thread .place=${place}></rt-thread>`;
      case "compare":
        return html`<rt-compare .place=${place}></rt-compare>`;
      case "overview":
        return html`<rt-overview .place=${place}></rt-overview>`;
      default:
        return html`<p class="pad">There is nothing here. <a href="/console">All runs</a></p>`;
    }
  }
}

customElements.define("rt-app", App);
