import { getJson } from "./api.js";
import { Setback } from "./live.js";

/** Events of one run by sequence, in pages that are kept for a while; of a page that did not come, the failure until its rest is over. */
export class EventPages {
  static SIZE_MAX = 100;
  static SIZE_MIN = 5;
  static BYTES = 500_000;
  static KEPT = 60;

  /** Large frames come in small pages. */
  constructor(id, run = null) {
    this.id = id;
    const average = run?.lastSequence ? run.byteCount / run.lastSequence : 0;
    this.size = Math.min(EventPages.SIZE_MAX, Math.max(EventPages.SIZE_MIN, Math.floor(EventPages.BYTES / Math.max(1, average))));
    this.pages = new Map();
  }

  number(sequence) {
    return Math.floor((sequence - 1) / this.size);
  }

  /** The page that has a sequence, as a promise. */
  page(sequence) {
    const number = this.number(sequence);
    let page = this.pages.get(number);
    if (!page || page.setback?.isOver) {
      const before = page?.setback;
      page = this.load(number * this.size).then(events => {
        page.events = events;
        return events;
      });
      page.catch(failure => (page.setback = new Setback(failure, before)));
    }
    this.pages.delete(number);
    this.pages.set(number, page);
    if (this.pages.size > EventPages.KEPT) {
      this.pages.delete(this.pages.keys().next().value);
    }
    return page;
  }

  /** The gateway may answer with fewer than it was asked for, if they are large. */
  async load(after) {
    const events = [];
    const end = after + this.size;
    let more = true;
    for (let from = after; more && from < end; from = events[events.length - 1].sequence) {
      const answer = await getJson(["runs", this.id, "events"], { after: from || null, limit: end - from });
      events.push(...answer.data);
      more = answer.meta.hasMore && answer.data.length > 0;
    }
    return events;
  }

  /** The event, if it is here already. */
  known(sequence) {
    return this.pages.get(this.number(sequence))?.events?.find(event => event.sequence === sequence) ?? null;
  }

  /** Whether the page that should have it is here. */
  isHere(sequence) {
    return Boolean(this.pages.get(this.number(sequence))?.events);
  }

  /** Forgets pages that were not full, and those on their way, which may not be: those of a live run grow. */
  forgetUnfinished() {
    for (const [number, page] of this.pages) {
      if (!page.setback && page.events?.length !== this.size) {
        this.pages.delete(number);
      }
    }
  }
}
