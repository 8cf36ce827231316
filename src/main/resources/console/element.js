import { LitElement } from "lit";

/** What all views are made of: they share the page's one style sheet, so none has a shadow tree. */
export class View extends LitElement {
  createRenderRoot() {
    return this;
  }
}
