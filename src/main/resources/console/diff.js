// Which lines two texts have in common: Myers' algorithm, as far as two texts are somewhat alike.

/** Texts that differ in more lines are shown side by side, without saying which lines are the same. */
const EDITS_MAX = 1500;

/** Pairs of [left, right], each a line or null; null if the texts differ too much. */
export function diffLines(a, b) {
  const left = a.split("\n"), right = b.split("\n");
  let head = 0;
  while (head < left.length && head < right.length && left[head] === right[head]) {
    head++;
  }
  let tail = 0;
  while (tail < left.length - head && tail < right.length - head
      && left[left.length - 1 - tail] === right[right.length - 1 - tail]) {
    tail++;
  }
  const middle = edits(left.slice(head, left.length - tail), right.slice(head, right.length - tail));
  if (!middle) {
    return null;
  }
  const same = lines => lines.map(line => [line, line]);
  return [...same(left.slice(0, head)), ...paired(middle), ...same(left.slice(left.length - tail))];
}

function edits(a, b) {
  const max = Math.min(EDITS_MAX, a.length + b.length);
  const reach = new Map([[1, 0]]);
  const steps = [];
  for (let d = 0; d <= max; d++) {
    steps.push(new Map(reach));
    for (let k = -d; k <= d; k += 2) {
      let x = k === -d || (k !== d && reach.get(k - 1) < reach.get(k + 1)) ? reach.get(k + 1) : reach.get(k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) {
        x++;
      }
      reach.set(k, x);
      if (x >= a.length && x - k >= b.length) {
        return walkBack(a, b, steps, d);
      }
    }
  }
  return null;
}

function walkBack(a, b, steps, end) {
  const made = [];
  let x = a.length, y = b.length;
  for (let d = end; d >= 0; d--) {
    const reach = steps[d];
    const k = x - y;
    const before = k === -d || (k !== d && reach.get(k - 1) < reach.get(k + 1)) ? k + 1 : k - 1;
    const fromX = d === 0 ? 0 : reach.get(before);
    const fromY = d === 0 ? 0 : fromX - before;
    while (x > fromX && y > fromY) {
      made.push([a[--x], b[--y]]);
    }
    if (d > 0) {
      if (x > fromX) {
        made.push([a[--x], null]);
      } else if (y > fromY) {
        made.push([null, b[--y]]);
      }
    }
  }
  return made.reverse();
}

/** Lines that went and lines that came in their place stand beside each other. */
function paired(rows) {
  const made = [];
  let gone = [], come = [];
  const flush = () => {
    for (let i = 0; i < Math.max(gone.length, come.length); i++) {
      made.push([gone[i] ?? null, come[i] ?? null]);
    }
    gone = [];
    come = [];
  };
  for (const [left, right] of rows) {
    if (left !== null && right !== null) {
      flush();
      made.push([left, right]);
    } else if (left !== null) {
      gone.push(left);
    } else {
      come.push(right);
    }
  }
  flush();
  return made;
}
