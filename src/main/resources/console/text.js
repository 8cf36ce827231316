import { html } from "lit";
import { View } from "./element.js";
import { count } from "./format.js";

// What a terminal takes for commands: colours and moves, and titles and links.
const TERMINAL = /\u001b\[[0-?]*[ -/]*[@-~]|\u009b[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b\u009c]{0,4096}(?:\u0007|\u001b\\|\u009c)?|\u001b[@-Z\\^_=>78]/g;
// All but tabs and line feeds.
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f]/g;
// They turn the direction of text around: with them a text can look like another one.
const DIRECTIONS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\u0080-\u009f\ufeff\ufffe\uffff]/g;

const picture = c => c === "\u007f" ? "\u2421" : String.fromCharCode(0x2400 + c.charCodeAt(0));
const number = c => "[U+" + c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0") + "]";

/** Recorded text as it is shown: each character can be seen, and changes nothing outside of its place. */
export function shown(text) {
  return String(text)
    .replace(/\r\n?/g, "\n")
    .replace(TERMINAL, "")
    .replace(CONTROLS, picture)
    .replace(DIRECTIONS, number);
}

/** The first line that says something, for lists and titles. */
export function firstLine(text, max = 140) {
  const head = String(text ?? "").slice(0, max * 8).trimStart();
  const line = shown(head.split(/[\r\n]/, 1)[0]).replace(/\s+/g, " ").trim();
  return line.length > max ? line.slice(0, max - 1).trimEnd() + "…" : line;
}

/** How much of a text stands there at once: a browser takes seconds for a line of megabytes. */
const FIRST = 12_000;
const MORE = 120_000;

/** What shows the beginning of something long, and a button for more of it. */
export class Long extends View {
  static properties = { chars: { state: true } };

  constructor() {
    super();
    this.chars = FIRST;
  }

  /** The button, if there are more characters than are shown. */
  more(all) {
    const rest = all - this.chars;
    return rest > 0
      ? html`<button class="more" @click=${() => (this.chars += MORE)}>Show ${count(Math.min(rest, MORE))} more of ${count(all)} characters</button>`
      : null;
  }
}

/** A text of any length. */
class LongText extends Long {
  static properties = { text: { attribute: false } };

  render() {
    const all = String(this.text ?? "");
    return html`<pre class="plain" dir="auto">${shown(all.slice(0, this.chars))}</pre>${this.more(all.length)}`;
  }
}

customElements.define("rt-text", LongText);

export const longText = text => html`<rt-text .text=${text}></rt-text>`;

/** A value of JSON, indented; text as it is. */
export function jsonText(value) {
  if (typeof value === "string") {
    return value;
  }
  try {
    return JSON.stringify(value, null, 2) ?? "";
  } catch {
    return String(value);
  }
}

/** Puts text on the clipboard. */
export async function copy(text) {
  await navigator.clipboard.writeText(text);
}
