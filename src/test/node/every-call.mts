// Makes every call of the OpenAPI document with the types that openapi-typescript makes of it, looks at each answer, and
// prints method and path of those that were answered well. Arguments: the gateway's origin, the credential, and a run of that
// caller that goes on until it is cancelled.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { argv: string[] };

const [gateway = "", key = "", live = ""] = process.argv.slice(2);
const THREAD = "from-typescript";

const client = createClient<paths>({ baseUrl: gateway, headers: { "X-API-Key": key } });
client.use({
  onResponse({ request, response }) {
    if (response.ok) {
      console.log(request.method + " " + new URL(request.url).pathname);
    }
  },
});

function check(holds: boolean, otherwise: unknown): void {
  if (!holds) {
    throw new Error(String(otherwise));
  }
}

function same(expected: unknown, actual: unknown): void {
  check(expected === actual, `not ${expected} but ${JSON.stringify(actual)}`);
}

/** What was answered well; an error of the gateway's own is thrown by its code. */
async function good<T, R extends Response>(
  call: Promise<{ data?: T; error?: unknown; response: R }>,
): Promise<T> {
  const { data, error, response } = await call;
  check(response.ok, `${response.status} ${JSON.stringify(error)}`);
  return data as T;
}

/** A transcript or a comparison as JSON; its other forms are text. */
function json<T>(answer: T): Exclude<T, string> {
    if (typeof answer === "string") {
        throw new Error("text instead of JSON");
    }
    return answer as Exclude<T, string>;
}

function checkTranscript(messages: components["schemas"]["Message"][]): void {
  same("user,assistant", messages.slice(0, 2).map((message) => message.role).join());
  const parts = messages[1]?.parts ?? [];
  const told = parts.map((part) => {
    switch (part.type) {
      case "text":
      case "reasoning":
        return part.text;
      case "tool_call":
        return part.name;
      case "tool_result":
        return part.exitCode;
      case "file":
        return part.path;
      case "error":
        return part.message;
    }
  });
  same("shell,0,Green.", told.join());
}

const streamed = await client.POST("/v1/run", {
  params: { header: { "Idempotency-Key": "key-1" } },
  body: { agent: "tester", prompt: "Run the tests.", threadId: THREAD, metadata: { origin: "a test" } },
  parseAs: "text",
});
const stream = String(streamed.data);
check(stream.includes("event: run_completed"), stream);
const id = streamed.response.headers.get("Runtape-Run-Id") ?? "";
const ofRun = { params: { path: { id } } };
const ofThread = { params: { path: { id: THREAD } } };

const whole = await good(
  client.POST("/v1/run", {
    params: { header: { "Runtape-Thread-Id": THREAD, "Runtape-On-Disconnect": "continue" } },
    body: { prompt: "Hi", stream: false },
  }),
);
same("Hello.", (whole as { data: { result: string } }).data.result);

const named = await good(
  client.POST("/v1/agents/{agent}/run", {
    params: { path: { agent: "reviewer" }, header: { "Runtape-Thread-Id": THREAD, "Runtape-Event-Ids": "true" } },
    body: { prompt: "Look." },
    parseAs: "text",
  }),
);
check(String(named).includes("id: 1\n"), named);

const runs = await good(
  client.GET("/history/v1/runs", {
    params: { query: { threadId: THREAD, status: ["completed"], completedSince: "-1h", sort: "createdAt", limit: 10 } },
  }),
);
same(3, (runs as components["schemas"]["PageRunView"]).data.length);
const archive = String(
  await good(
    client.GET("/history/v1/runs", {
      params: { query: { threadId: THREAD } },
      headers: { Accept: "application/x-ndjson" },
      parseAs: "text",
    }),
  ),
);
same(3, archive.split("\n").filter((line) => line.startsWith('{"line":"run"')).length);
const imported = client.POST("/history/v1/import", {
  body: archive,
  bodySerializer: (body) => body,
  headers: { "Content-Type": "application/x-ndjson" },
});
same(3, (await good(imported)).data.skipped);
const sums = await good(client.GET("/history/v1/stats", { params: { query: { groupBy: ["agent", "day"], since: "-1h" } } }));
check(Array.isArray(sums.data), sums);
const run = json(await good(client.GET("/history/v1/runs/{id}", ofRun))).data;
same("completed", run.status);
same("Green.", run.result);
same("a test", run.metadata["origin"]);
const shown = await client.GET("/history/v1/runs/{id}", ofRun);
const tag = shown.response.headers.get("ETag") ?? "";
const again = await client.GET("/history/v1/runs/{id}", {
  params: { path: { id }, header: { "If-None-Match": tag } },
});
same(304, again.response.status);

const events = await good(
  client.GET("/history/v1/runs/{id}/events", {
    params: { path: { id }, query: { type: ["tool_call", "tool_result"], kind: ["event"], order: "asc" } },
  }),
);
same("tool_call,tool_result", (events as components["schemas"]["PageEventView"]).data.map((event) => event.type).join());
const tail = await good(
  client.GET("/history/v1/runs/{id}/events", { ...ofRun, headers: { Accept: "text/event-stream" }, parseAs: "text" }),
);
check(String(tail).includes("event: runtape.end"), tail);

same("Run the tests.", (await good(client.GET("/history/v1/runs/{id}/request", ofRun)))["prompt"]);
const cassette = await good(client.GET("/history/v1/runs/{id}/cassette", { ...ofRun, parseAs: "text" }));
check(String(cassette).includes('"line":"end"'), cassette);
const replayed = client.GET("/history/v1/runs/{id}/replay", {
  params: { path: { id }, query: { speed: "max" } },
  parseAs: "text",
});
same(stream, await good(replayed));
checkTranscript(json(await good(client.GET("/history/v1/runs/{id}/transcript", ofRun))).data.messages);
const compared = client.GET("/history/v1/runs/{id}/diff", { params: { path: { id }, query: { with: id } } });
const diff = json(await good(compared)).data;
same("true same shell 0", [diff.equal, ...diff.toolCalls.pairs.map((pair) => pair.change + " " + pair.name + " " + pair.second?.result?.exitCode)].join(" "));

const threads = await good(client.GET("/history/v1/threads", { params: { query: { archived: false } } }));
same(THREAD, threads.data[0]?.id);
same(3, json(await good(client.GET("/history/v1/threads/{id}", ofThread))).data.runCount);
const ofThatThread = await good(client.GET("/history/v1/threads/{id}/runs", ofThread));
same(3, (ofThatThread as components["schemas"]["PageRunView"]).data.length);
const all = await good(client.GET("/history/v1/threads/{id}/events", ofThread));
same(2 ** 32 + 1, (all as components["schemas"]["PageEventView"]).data[0]?.sequence);
const replayedThread = client.GET("/history/v1/threads/{id}/replay", {
  params: { path: { id: THREAD }, query: { speed: "max", runGap: "PT0S", ids: true } },
  parseAs: "text",
});
check(String(await good(replayedThread)).includes("event: run_completed"), "the replay is not whole");
checkTranscript(json(await good(client.GET("/history/v1/threads/{id}/transcript", ofThread))).data.messages);
const changed = client.PATCH("/history/v1/threads/{id}", { ...ofThread, body: { title: "Tests", archived: true } });
same("Tests", (await good(changed)).data.title);

// The run is still told as running where it has not ended within five seconds.
let status: string = "running";
for (let asked = 0; status === "running" && asked < 6; asked++) {
  const cancelled = client.POST("/history/v1/runs/{id}/cancel", { params: { path: { id: live } } });
  status = (await good(cancelled)).data.status;
}
same("cancelled", status);
const ticket = await good(client.POST("/history/v1/tickets", { body: { runId: id } }));
check(ticket.data.ticket.startsWith("tkt_"), ticket);

await good(client.DELETE("/history/v1/runs/{id}", ofRun));
const gone = await client.GET("/history/v1/runs/{id}", ofRun);
const code: components["schemas"]["ErrorCode"] | undefined = gone.error?.error.code;
same("not_found", code);
const counted = await good(client.DELETE("/history/v1/runs", { params: { query: { agent: ["reviewer"], dryRun: true } } }));
const deleted = await good(client.DELETE("/history/v1/runs", { params: { query: { agent: ["reviewer"], expect: counted.data.count } } }));
same(counted.data.count, deleted.data.count);
const none = await good(client.DELETE("/history/v1/threads", { params: { query: { agent: ["nobody"], dryRun: true } } }));
same(0, none.data.count);
await good(client.DELETE("/history/v1/threads/{id}", ofThread));
