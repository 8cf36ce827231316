import { html } from "lit";
import { shown } from "./text.js";

/** A run's status, with the reason where there is one. */
export const badge = run => html`<span class="badge ${run.status}">${run.status}${run.reason
  ? html`<span class="reason"> · ${shown(run.reason).replaceAll("_", " ")}</span>` : ""}</span>`;
