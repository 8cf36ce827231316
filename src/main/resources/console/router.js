// Where the console is: all of it is in the address, so that a link shows what its sender saw.

const listeners = new Set();

const VIEWS = [
  [/^\/console\/?$/, "runs"],
  [/^\/console\/overview$/, "overview"],
  [/^\/console\/compare$/, "compare"],
  [/^\/console\/runs\/([^/]+)$/, "run"],
  [/^\/console\/threads\/([^/]+)$/, "thread"],
];

/** The present place: the view, the id it is of, its parameters, and what stands behind the hash. */
export function here() {
  for (const [pattern, view] of VIEWS) {
    const found = pattern.exec(location.pathname);
    if (found) {
      return {
        view,
        id: found[1] ? decoded(found[1]) : null,
        query: new URLSearchParams(location.search),
        hash: new URLSearchParams(location.hash.slice(1)),
      };
    }
  }
  return { view: "none", id: null, query: new URLSearchParams(), hash: new URLSearchParams() };
}

function decoded(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Calls back on each change of the place. Returns what ends that. */
export function onPlace(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell() {
  const place = here();
  listeners.forEach(listener => listener(place));
}

/** Goes to an address of the console. With `replace` the browser's way back does not lead here. */
export function go(href, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", href);
  tell();
}

/** The present address with some parameters changed; null and "" take one away. */
export function withQuery(changes) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "") {
      query.delete(name);
    } else {
      query.set(name, value);
    }
  }
  const text = query.toString();
  return location.pathname + (text ? "?" + text : "");
}

/** Writes the position into the address, quietly: it changes many times a second. */
export function noteHash(values) {
  const hash = new URLSearchParams(values).toString();
  history.replaceState(null, "", location.pathname + location.search + (hash ? "#" + hash : ""));
}

export const runHref = id => "/console/runs/" + encodeURIComponent(id);
export const threadHref = id => "/console/threads/" + encodeURIComponent(id);
export const compareHref = (a, b) => "/console/compare?" + new URLSearchParams({ a, b });

/** Links within the console change the view without loading the page again. */
export function followLinks() {
  addEventListener("popstate", tell);
  document.addEventListener("click", event => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
      return;
    }
    const link = event.target.closest?.("a[href]");
    if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) {
      return;
    }
    if (/^\/console(\/(?!files\/)|$)/.test(link.pathname) && !(link.getAttribute("href") || "").startsWith("#")) {
      event.preventDefault();
      go(link.pathname + link.search + link.hash);
    }
  });
}
