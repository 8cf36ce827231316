// The history's public API. The key is typed in once and stays in this tab.

const KEY = "runtape.key";
const HISTORY = "/history/v1";

/** A refusal: its status, its code, the message for people, and the request's id, under which the log has it. */
export class ApiError extends Error {
  constructor(status, code, message, requestId) {
    super(message);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
  }
}

export const key = {
  get() {
    try {
      return sessionStorage.getItem(KEY) || "";
    } catch {
      return this.kept || "";
    }
  },
  set(value) {
    this.kept = value;
    try {
      if (value) {
        sessionStorage.setItem(KEY, value);
      } else {
        sessionStorage.removeItem(KEY);
      }
    } catch {
      // A browser that stores nothing asks again after a reload.
    }
  },
};

/** The path of a call with its parameters; those without a value are left out. */
export function path(parts, params = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== "") {
      query.append(name, value);
    }
  }
  const text = query.toString();
  return HISTORY + "/" + parts.map(encodeURIComponent).join("/") + (text ? "?" + text : "");
}

/** Makes a call; the response has a status of 2xx. A call without a credential where one is needed shows the form for it. */
export async function call(target, { method = "GET", accept = "application/json", signal } = {}) {
  const headers = { Accept: accept };
  const credential = key.get();
  if (credential) {
    headers["X-API-Key"] = credential;
  }
  const response = await fetch(target, { method, headers, signal, credentials: "omit", redirect: "error", cache: "no-cache" });
  if (response.ok) {
    return response;
  }
  let error = {};
  try {
    error = (await response.json()).error ?? {};
  } catch {
    // Something before the gateway answered; the status is all there is to say.
  }
  if (response.status === 401 || response.status === 403) {
    dispatchEvent(new CustomEvent("runtape-key", { detail: { hadKey: credential !== "", status: response.status } }));
  }
  throw new ApiError(
    response.status,
    error.code ?? "unknown",
    error.message ?? "The gateway answered " + response.status + ".",
    error.requestId ?? response.headers.get("X-Request-ID"));
}

export async function getJson(parts, params, signal) {
  return (await call(path(parts, params), { signal })).json();
}

export const getRun = async (id, signal) => (await getJson(["runs", id], {}, signal)).data;

/** What is said to people about a failure; null if it was only broken off. */
export function told(failure) {
  if (failure?.name === "AbortError") {
    return null;
  }
  if (failure instanceof ApiError) {
    return failure.message + (failure.requestId ? " (" + failure.requestId + ")" : "");
  }
  return failure instanceof TypeError ? "The gateway does not answer." : String(failure?.message ?? failure);
}

/** Whether the same call may do better after a rest: the gateway did not answer, or said that it is a bad moment. */
export function mayPass(failure) {
  return !(failure instanceof ApiError) || failure.status === 408 || failure.status === 429 || failure.status > 501;
}

/** The lines of a response as they come, without their line ends. */
export async function* lines(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let pieces = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    let from = 0;
    for (let end = value.indexOf("\n"); end >= 0; end = value.indexOf("\n", from)) {
      pieces.push(value.slice(from, end));
      yield pieces.join("");
      pieces = [];
      from = end + 1;
    }
    pieces.push(value.slice(from));
  }
  const last = pieces.join("");
  if (last) {
    yield last;
  }
}

/** Opens an event stream; its events come as `{event, id, data}`, until it ends or the signal breaks it off. */
export async function tail(target, signal) {
  return eventsOf(await call(target, { accept: "text/event-stream", signal }));
}

async function* eventsOf(response) {
  if (response.status === 204) {
    return;
  }
  let event = "", id = "", data = [];
  for await (const raw of lines(response)) {
    const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
    if (line === "") {
      if (data.length || id) {
        yield { event, id, data: data.join("\n") };
      }
      event = id = "";
      data = [];
    } else if (line.startsWith("event:")) {
      event = line.slice(6).trimStart();
    } else if (line.startsWith("id:")) {
      id = line.slice(3).trimStart();
    } else if (line.startsWith("data:")) {
      data.push(line.slice(5).replace(/^ /, ""));
    }
  }
}

/** Has the browser keep a response as a file. */
export async function download(target, accept, name) {
  const response = await call(target, { accept });
  const address = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
