// Numbers and times for people.

const COUNT = new Intl.NumberFormat("en");
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const FULL = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });

export const NOTHING = "–";

export function count(value) {
  return value === null || value === undefined ? NOTHING : COUNT.format(value);
}

/** 950 ms, 6.05 s, 2 m 05 s, 1 h 02 m. */
export function duration(ms) {
  if (ms === null || ms === undefined || Number.isNaN(ms)) {
    return NOTHING;
  }
  if (ms < 1000) {
    return Math.round(ms) + " ms";
  }
  if (ms < 59_950) {
    return (ms / 1000).toFixed(ms < 10_000 ? 2 : 1) + " s";
  }
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) {
    return Math.floor(seconds / 60) + " m " + String(seconds % 60).padStart(2, "0") + " s";
  }
  return Math.floor(seconds / 3600) + " h " + String(Math.floor((seconds % 3600) / 60)).padStart(2, "0") + " m";
}

/** A place in a recording: 1:02.345. */
export function offset(ms) {
  const whole = Math.max(0, ms);
  const minutes = Math.floor(whole / 60_000);
  return minutes + ":" + ((whole % 60_000) / 1000).toFixed(3).padStart(6, "0");
}

export function bytes(value) {
  if (value === null || value === undefined) {
    return NOTHING;
  }
  const units = ["B", "kB", "MB", "GB"];
  let at = 0;
  let left = value;
  while (left >= 1000 && at < units.length - 1) {
    left /= 1000;
    at++;
  }
  return (at === 0 || left >= 100 ? Math.round(left) : left.toFixed(1)) + " " + units[at];
}

/** The time today, else the day with it. */
export function moment(iso) {
  if (!iso) {
    return NOTHING;
  }
  const then = new Date(iso);
  const clock = CLOCK.format(then);
  return then.toDateString() === new Date().toDateString() ? clock : DAY.format(then) + ", " + clock;
}

export const fullMoment = iso => iso ? FULL.format(new Date(iso)) : NOTHING;

/** 1,203 → 89. */
export function tokens(usage) {
  if (!usage || (usage.inputTokens === null && usage.outputTokens === null)) {
    return NOTHING;
  }
  return count(usage.inputTokens) + " → " + count(usage.outputTokens);
}

export const share = (part, whole) => whole ? Math.round((part / whole) * 1000) / 10 + " %" : NOTHING;
