// What is going on is followed only where somebody can see it: a tab in the background asks nothing.

import { mayPass, told } from "./api.js";

/** The least rest before what did not come is asked for again, and so how often it is looked whether a rest is over. */
export const REST_MIN = 2000;
const REST_MAX = 32_000;

/**
 * Something that did not come: what is said about it, and when it may be asked for again. That is after a rest, twice as long as
 * that of the setback before it up to a bound. What the gateway would refuse again is not asked for again; only what has come
 * before may be, after the longest rest.
 */
export class Setback {
  constructor(failure, before = null) {
    this.failure = failure;
    this.text = told(failure);
    this.mayPass = mayPass(failure);
    this.rest = this.mayPass ? Math.min(REST_MAX, Math.max(REST_MIN, 2 * (before?.mayPass ? before.rest : 0))) : REST_MAX;
    this.until = performance.now() + this.rest;
  }

  get hasRested() {
    return performance.now() >= this.until;
  }

  get isOver() {
    return this.mayPass && this.hasRested;
  }
}

/** Calls again and again while its view is there and its tab is visible; a call that takes long delays the next one. */
export class Poll {
  constructor(host, every, ask) {
    this.every = every;
    this.ask = ask;
    this.onVisible = () => this.wake();
    host.addController(this);
  }

  hostConnected() {
    this.connected = true;
    document.addEventListener("visibilitychange", this.onVisible);
    this.later();
  }

  hostDisconnected() {
    this.connected = false;
    document.removeEventListener("visibilitychange", this.onVisible);
    clearTimeout(this.timer);
  }

  wake() {
    clearTimeout(this.timer);
    if (this.connected && !document.hidden) {
      this.turn();
    }
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.turn(), this.every);
  }

  async turn() {
    if (!this.connected || document.hidden || this.asking) {
      return;
    }
    this.asking = true;
    try {
      await this.ask();
    } catch {
      // The next turn tries again.
    } finally {
      this.asking = false;
    }
    if (this.connected) {
      this.later();
    }
  }
}

/** Has what it is given done one after the other, whether or not what came before succeeds. */
export function inTurn() {
  let last = Promise.resolve();
  return act => {
    const done = last.then(act);
    last = done.catch(() => {});
    return done;
  };
}

/** Of calls for one thing, which overtake each other, only the newest counts: each is told whether it is still that. */
export function newest() {
  let last = 0;
  return () => {
    const own = ++last;
    return () => own === last;
  };
}

/** A call that takes long is made so much less often, but no more seldom than with the longest rest. */
const REST = 4;

/** Collects many wishes for one thing into a call now and then, never two at once. */
export function throttled(ms, act) {
  let timer = null, wanted = false, running = false, wait = ms;
  const turn = async () => {
    timer = null;
    if (running) {
      return;
    }
    wanted = false;
    running = true;
    const began = performance.now();
    try {
      await act();
    } catch {
      // The next wish tries again.
    } finally {
      running = false;
      wait = Math.min(REST_MAX, Math.max(ms, REST * (performance.now() - began)));
      if (wanted) {
        timer = setTimeout(turn, wait);
      }
    }
  };
  return () => {
    wanted = true;
    if (!timer && !running) {
      timer = setTimeout(turn, wait);
    }
  };
}
