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

  /** Has an event come, with the page that has it. A page that ended before it, since the run was live, goes on from there. */
  async load(sequence) {
    const number = this.number(sequence);
    const page = this.pages.get(number) ?? { events: [], coming: null, setback: null };
    this.pages.delete(number);
    this.pages.set(number, page);
    if (this.pages.size > EventPages.KEPT) {
      this.pages.delete(this.pages.keys().next().value);
    }
    // What is on its way may have been asked for before there was this event.
    await page.coming?.catch(() => {});
    if (!eventOf(page, sequence)) {
      page.coming ??= this.loadRest(page, number, sequence).finally(() => (page.coming = null));
      await page.coming;
    }
  }

  async loadRest(page, number, sequence) {
    if (page.setback && !page.setback.isOver) {
      throw page.setback.failure;
    }
    const { events } = page;
    const end = (number + 1) * this.size;
    const last = () => events.at(-1)?.sequence ?? number * this.size;
    try {
      // The gateway may answer with fewer than it was asked for, if they are large.
      for (let more = true; more && last() < end;) {
        const answer = await getJson(["runs", this.id, "events"], { after: last() || null, limit: end - last() });
        events.push(...answer.data);
        more = answer.meta.hasMore && answer.data.length > 0;
      }
      if (!eventOf(page, sequence)) {
        throw new Error("The gateway does not have event " + sequence + ".");
      }
      page.setback = null;
    } catch (failure) {
      page.setback = new Setback(failure, page.setback);
      throw failure;
    }
  }

  /** The event, if it is here already. */
  known(sequence) {
    return eventOf(this.pages.get(this.number(sequence)), sequence);
  }
}

const eventOf = (page, sequence) => page?.events.find(event => event.sequence === sequence) ?? null;
