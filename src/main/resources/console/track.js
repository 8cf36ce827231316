// The frames of a run, or of a thread's runs one after the other, as the timeline and the player need them: when each came,
// of what kind and how large it was. Their data stays at the gateway.

import { call, getJson, lines, path } from "./api.js";

export const LANES = ["text", "reasoning", "tools", "errors", "other"];
const [TEXT, REASONING, TOOLS, ERRORS, OTHER] = [0, 1, 2, 3, 4];

/** Up to so many frames, and bytes, are loaded whole; of longer runs samples are, until somebody asks for all. */
export const WHOLE_MAX = 20_000;
const WHOLE_BYTES_MAX = 32_000_000;

export const isLoadedWhole = (run, framesMax = WHOLE_MAX) => run.lastSequence <= framesMax && run.byteCount <= WHOLE_BYTES_MAX;
const SAMPLES = 96;
const SAMPLE_FRAMES = 6;
const AT_ONCE = 6;
const ROUGH = 5;

/** Between two runs of a thread the timeline has a pause of this length, however long it was. */
const BETWEEN_RUNS = 1_000;

/** A thousandth of a millisecond: the history tells times as exactly. */
const LEAST = 0.001;

/** What of the events of the known dialects is in which lane; a word within the type is enough. */
const BY_TYPE = [
  [/error|fail|cancel|abort|refus/i, ERRORS],
  [/reason|think|thought/i, REASONING],
  [/tool|function_call|mcp|web_search|file_|code_interpreter|computer|command|diff|artifact|input_json/i, TOOLS],
  [/message_delta|message\.delta|text|content_part|output_item|message_content|messages?\/|assistant|^messages$|refusal/i, TEXT],
];

/** The lane of an event, by its type and what is in it. */
export function laneOf(event) {
  if (event.kind !== "event") {
    return event.kind === "response" ? TEXT : OTHER;
  }
  const payload = event.payload;
  if (payload && typeof payload === "object") {
    const choice = payload.choices?.[0]?.delta ?? payload.choices?.[0]?.message;
    if (choice) {
      return choice.tool_calls || choice.function_call
        ? TOOLS
        : choice.reasoning_content || choice.reasoning ? REASONING : choice.content || choice.refusal ? TEXT : OTHER;
    }
    const inner = payload.delta?.type ?? payload.content_block?.type ?? payload.item?.type;
    if (inner) {
      return /think|reason|signature/.test(inner) ? REASONING : /tool|call|input_json/.test(inner) ? TOOLS
        : /text|message/.test(inner) ? TEXT : OTHER;
    }
    if (payload.error && event.type !== "run_completed") {
      return ERRORS;
    }
  }
  for (const [pattern, lane] of BY_TYPE) {
    if (pattern.test(event.type)) {
      return lane;
    }
  }
  return OTHER;
}

/** How many characters of text or reasoning an event adds. */
function charsOf(event, lane) {
  if (lane !== TEXT && lane !== REASONING) {
    return 0;
  }
  const payload = event.payload;
  if (!payload || typeof payload !== "object") {
    return 0;
  }
  const choice = payload.choices?.[0]?.delta;
  const added = choice ? choice.content ?? choice.reasoning_content ?? choice.reasoning
    : typeof payload.delta === "string" ? payload.delta
    : payload.delta?.text ?? payload.delta?.thinking ?? payload.textDelta ?? null;
  return typeof added === "string" ? added.length : 0;
}

function grown(array, length) {
  if (length <= array.length) {
    return array;
  }
  const larger = new array.constructor(Math.max(length, array.length * 2));
  larger.set(array);
  return larger;
}

/** Points in the order of time; each is a frame, or stands for those around it in a sampled run. */
export class Track {
  constructor() {
    this.length = 0;
    this.at = new Float64Array(1024);
    this.sequence = new Uint32Array(1024);
    this.run = new Uint16Array(1024);
    this.lane = new Uint8Array(1024);
    this.size = new Uint32Array(1024);
    // Of all frames up to this one.
    this.chars = new Float64Array(1024);
    this.runs = [];
    this.sampled = false;
    this.version = 0;
  }

  get end() {
    return this.length ? this.at[this.length - 1] : 0;
  }

  /** Says that what follows are the frames of this run. It notes up to which sequence they are there. */
  begin(run) {
    const start = this.runs.length ? this.end + BETWEEN_RUNS : 0;
    this.runs.push({ id: run.id, from: this.length, start, title: run.prompt, status: run.status, last: 0 });
    this.version++;
  }

  add(event, weight = 1) {
    const n = this.length + 1;
    for (const name of ["at", "sequence", "run", "lane", "size", "chars"]) {
      this[name] = grown(this[name], n);
    }
    const i = this.length;
    const run = this.runs[this.runs.length - 1];
    const lane = laneOf(event);
    // Each has a time of its own, so that the cursor tells those apart that came at once; and none goes back.
    this.at[i] = Math.max(run.start + event.offsetMs, i ? this.at[i - 1] + LEAST : 0);
    this.sequence[i] = event.sequence;
    run.last = Math.max(run.last, event.sequence);
    this.run[i] = this.runs.length - 1;
    this.lane[i] = lane;
    this.size[i] = event.bytes;
    this.chars[i] = (i ? this.chars[i - 1] : 0) + charsOf(event, lane) * weight;
    this.length = n;
  }

  /** The last point at or before a time, or -1. */
  indexAt(ms) {
    let low = 0, high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at[middle] <= ms) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }

  /** The point of a frame, or the nearest one before it. */
  indexOf(sequence, run = 0) {
    let best = -1;
    let low = this.runs[run]?.from ?? 0;
    let high = (this.runs[run + 1]?.from ?? this.length) - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (this.sequence[middle] <= sequence) {
        best = middle;
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return best;
  }

  /** The time of a frame; between samples it is estimated. */
  timeOf(sequence) {
    const i = this.indexOf(sequence);
    if (i < 0) {
      return 0;
    }
    const next = i + 1;
    if (next >= this.length || this.sequence[i] === sequence) {
      return this.at[i];
    }
    const part = (sequence - this.sequence[i]) / (this.sequence[next] - this.sequence[i]);
    return this.at[i] + part * (this.at[next] - this.at[i]);
  }

  /** The frame at a time; between samples it is estimated. */
  sequenceAt(ms) {
    const i = this.indexAt(ms);
    if (i < 0) {
      return 0;
    }
    const next = i + 1;
    if (next >= this.length || this.run[next] !== this.run[i]) {
      return this.sequence[i];
    }
    const span = this.at[next] - this.at[i];
    const part = span > 0 ? (ms - this.at[i]) / span : 0;
    return Math.min(this.sequence[next], this.sequence[i] + Math.floor(part * (this.sequence[next] - this.sequence[i])));
  }
}

/** Adds the frames that the last run of a track does not have yet, as they arrive; `told` is called now and then. */
export async function loadAll(track, { signal, told }) {
  const { id, last } = track.runs[track.runs.length - 1];
  const response = await call(path(["runs", id, "events"], { after: last || null }), { accept: "application/x-ndjson", signal });
  let pause = performance.now();
  for await (const line of lines(response)) {
    if (!line) {
      continue;
    }
    const event = JSON.parse(line);
    track.add(event);
    if (performance.now() - pause > 12) {
      track.version++;
      told?.();
      // The page stays alive meanwhile.
      await new Promise(resolve => setTimeout(resolve));
      pause = performance.now();
    }
  }
  track.version++;
  told?.();
}

/** Adds samples of a long run, which is the last of the track, evenly over its frames. Without all of them it counts as not begun. */
export async function loadSamples(track, run, { signal, told }) {
  const last = run.lastSequence;
  const found = new Map();
  // A set, since a run of few large frames has fewer places than samples.
  const starts = [...new Set(Array.from({ length: SAMPLES }, (_, k) => Math.floor((k * Math.max(0, last - SAMPLE_FRAMES)) / (SAMPLES - 1))))];
  const known = track.runs[track.runs.length - 1];
  track.sampled = true;
  const take = async some => {
    while (some.length) {
      const after = some.shift();
      const page = await getJson(["runs", run.id, "events"], { after: after || null, limit: SAMPLE_FRAMES }, signal);
      page.data.forEach(event => found.set(event.sequence, event));
    }
  };
  const show = () => {
    const events = [...found.values()].sort((a, b) => a.sequence - b.sequence);
    const weight = last / Math.max(1, events.length);
    track.length = known.from;
    events.forEach(event => track.add(event, weight));
    track.version++;
    told?.();
  };
  // Roughly at first, both ends among it, so that there is soon something to see.
  const rough = starts.filter((_, k) => k % ROUGH === 0 || k === starts.length - 1);
  const fine = starts.filter((_, k) => k % ROUGH !== 0 && k !== starts.length - 1);
  try {
    for (const some of [rough, fine]) {
      await Promise.all(Array.from({ length: AT_ONCE }, () => take(some)));
      show();
    }
  } catch (failure) {
    known.last = 0;
    throw failure;
  }
  // What is between them is not missing.
  known.last = Math.max(known.last, last);
}
