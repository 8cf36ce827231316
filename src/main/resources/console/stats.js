// The figures of the overview, hour by hour: as the history counts them, or counted here from runs.

const HOUR = 3_600_000;
const TOOLS_MAX = 20;

const hourOf = moment => Math.floor(Date.parse(moment) / HOUR) * HOUR;

/** The value that so large a part of the values does not exceed; null without values. */
function quantile(values, part) {
  if (values.length === 0) {
    return null;
  }
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
}

const quantiles = values => values.length ? { p50: quantile(values, 0.5), p95: quantile(values, 0.95) } : null;

/** Counts runs by the hour in which they began. */
export function fromRuns(runs) {
  const hours = new Map();
  for (const run of runs) {
    const start = hourOf(run.createdAt);
    const hour = hours.get(start) ?? { start, runs: 0, failed: 0, inputTokens: 0, outputTokens: 0, durations: [], firsts: [] };
    hours.set(start, hour);
    hour.runs++;
    hour.failed += run.status === "failed" ? 1 : 0;
    hour.inputTokens += run.usage?.inputTokens ?? 0;
    hour.outputTokens += run.usage?.outputTokens ?? 0;
    if (run.durationMs !== null && run.status !== "running") {
      hour.durations.push(run.durationMs);
    }
    if (run.timeToFirstEventMs !== null) {
      hour.firsts.push(run.timeToFirstEventMs);
    }
  }
  return [...hours.values()].map(({ durations, firsts, ...hour }) =>
    ({ ...hour, duration: quantiles(durations), firstEvent: quantiles(firsts) }));
}

/** The hours as the history has counted them. */
export function fromStats(groups) {
  return groups.map(group => ({ start: hourOf(group.group.hour), ...figures(group) }));
}

function figures(group) {
  return {
    runs: group.runs ?? 0,
    failed: group.failed ?? 0,
    inputTokens: group.usage?.inputTokens ?? 0,
    outputTokens: group.usage?.outputTokens ?? 0,
    duration: group.durationMs ?? null,
    firstEvent: group.timeToFirstEventMs ?? null,
  };
}

/** All hours of a time, those without runs too. */
export function hoursOf(counted, since, until) {
  const known = new Map(counted.map(hour => [hour.start, hour]));
  const hours = [];
  for (let start = since; start < until; start += HOUR) {
    hours.push(known.get(start) ?? { start, runs: 0, failed: 0, inputTokens: 0, outputTokens: 0, duration: null, firstEvent: null });
  }
  return hours;
}

/** The tools, those that failed runs called most first. */
export function toolsOf(groups) {
  return groups.filter(group => group.group.tool).map(group => ({ name: group.group.tool, ...figures(group) }))
    .sort((a, b) => b.failed - a.failed || (b.duration?.p95 ?? 0) - (a.duration?.p95 ?? 0))
    .slice(0, TOOLS_MAX);
}
