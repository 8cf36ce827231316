// Measures how exactly a mock gives a recorded stream again: Runtape's, and that of aimock (npm @copilotkit/aimock) beside it. An
// agent API of OpenAI's kind streams a chat completion with uneven pauses; each gateway records it once and then answers the same
// call by itself. Compared are the bytes, the frames, the texts of the deltas, and when each frame came. Needs Node 20, npm and a
// JDK 17; the packaged program is target/quarkus-app.
//
//   node bench/mocks.mjs [RUNS: how often each is asked, 5]

import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const RUNS = Number(process.argv[2] ?? 5);
const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const OUT = join(ROOT, "target", "bench", "mocks");
const AGENT = 9385, GATEWAY = 9386, MANAGEMENT = 9387, AIMOCK = 9388;
const asking = content => JSON.stringify({ model: "gpt-5-nano", stream: true, stream_options: { include_usage: true }, messages: [{ role: "user", content }] });

// ---- The agent API: words with pauses from 0 to 120 ms, one of 800 ms, comments, and a frame that comes in two pieces.

const WORDS = ("The login test fails because two requests race: the session is written after the redirect, so the second request finds none. "
  + "Größe, naïve, 日本語 and 🙂 come too.").split(/(?<= )/);
const script = [];
let seed = 42;
const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
const chunk = (delta, more = {}) => "data: " + JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1764000000,
  model: "gpt-5-nano-2025-08-07", choices: [{ index: 0, delta, finish_reason: null }], obfuscation: "x".repeat(Math.floor(random() * 12)), ...more }) + "\n\n";
script.push([300, chunk({ role: "assistant", content: "" })]);
WORDS.forEach((word, i) => {
  script.push([i === 20 ? 800 : Math.floor(random() * 120), (i % 10 === 9 ? ": still here\n\n" : "") + chunk({ content: word })]);
});
script.push([30, chunk({}, { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })]);
script.push([0, chunk({}, { choices: [], usage: { prompt_tokens: 14, completion_tokens: 41, total_tokens: 55 } })]);
script.push([0, "data: [DONE]\n\n"]);

const sleep = millis => new Promise(resolve => setTimeout(resolve, millis));
const agent = http.createServer(async (request, response) => {
  request.resume();
  response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8", "x-request-id": "req_1" });
  response.flushHeaders();
  for (const [pause, text] of script) {
    await sleep(pause);
    const bytes = Buffer.from(text);
    const half = bytes.findIndex(byte => byte >= 0xf0);
    if (half > 0) {
      response.write(bytes.subarray(0, half + 1));
      await sleep(40);
      response.write(bytes.subarray(half + 1));
    } else {
      response.write(bytes);
    }
  }
  response.end();
}).listen(AGENT, "127.0.0.1");

// ---- The client: the body's bytes, and when each frame of it was there.

function ask(port, headers = {}, body = asking("Why does the login test fail?")) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const request = http.request({ host: "127.0.0.1", port, path: "/v1/chat/completions", method: "POST", agent: false,
      headers: { "Content-Type": "application/json", Authorization: "Bearer rt_test_bench", "Content-Length": Buffer.byteLength(body), ...headers } }, response => {
      const pieces = [], times = [];
      response.on("data", piece => { pieces.push(piece); times.push(performance.now() - began); });
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode, type: response.headers["content-type"], ...framed(pieces, times) }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

function framed(pieces, times) {
  const body = Buffer.concat(pieces);
  const frames = [];
  for (let from = 0, piece = 0, upTo = 0; ;) {
    const end = body.indexOf("\n\n", from);
    if (end < 0) {
      return { body, frames };
    }
    while (upTo < end + 2) {
      upTo += pieces[piece++].length;
    }
    frames.push({ text: body.toString("utf8", from, end), at: times[piece - 1] });
    from = end + 2;
  }
}

const deltas = frames => frames.filter(frame => frame.text.startsWith("data: {"))
  .map(frame => JSON.parse(frame.text.slice(6)).choices[0]?.delta?.content).filter(text => text);

// ---- The gateways

const running = [];
function start(command, args, env) {
  const child = spawn(command, args, { cwd: OUT, env: { ...process.env, ...env }, stdio: "ignore" });
  running.push(child);
  return child;
}

async function listening(port) {
  for (let i = 0; i < 300; i++) {
    const there = await new Promise(resolve => {
      const socket = net.connect(port, "127.0.0.1", () => { socket.destroy(); resolve(true); });
      socket.on("error", () => resolve(false));
    });
    if (there) {
      return;
    }
    await sleep(100);
  }
  throw new Error("nothing listens on " + port);
}

function compare(name, recorded, replayed) {
  const same = recorded.frames.length === replayed.frames.length;
  const errors = !same ? [] : replayed.frames.map((frame, i) =>
    Math.abs(frame.at - replayed.frames[0].at - (recorded.frames[i].at - recorded.frames[0].at))).slice(1).sort((a, b) => a - b);
  const of = part => errors.length ? errors[Math.min(errors.length - 1, Math.floor(errors.length * part))].toFixed(2) : "–";
  const took = answer => answer.frames.at(-1).at - answer.frames[0].at;
  return [name, replayed.status, replayed.body.equals(recorded.body) ? "the same" : replayed.body.length + " of " + recorded.body.length + " bytes",
    replayed.frames.length + " of " + recorded.frames.length, deltas(replayed.frames).length + " of " + deltas(recorded.frames).length,
    (replayed.frames[0].at - recorded.frames[0].at).toFixed(1), (took(replayed) - took(recorded)).toFixed(1), of(0.5), of(0.99)];
}

try {
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(join(OUT, "fixtures"), { recursive: true });
  execFileSync("npm", ["install", "--silent", "--no-audit", "--no-fund", "--prefix", OUT, "@copilotkit/aimock"], { stdio: "inherit" });
  start("java", ["-jar", join(ROOT, "target", "quarkus-app", "quarkus-run.jar")], { RUNTAPE_DATA_DIR: join(OUT, "data"), RUNTAPE_UPSTREAMS: "openai",
    RUNTAPE_UPSTREAMS_OPENAI_URL: "http://127.0.0.1:" + AGENT, RUNTAPE_UPSTREAMS_OPENAI_PREFIX: "/", QUARKUS_HTTP_PORT: String(GATEWAY), QUARKUS_MANAGEMENT_PORT: String(MANAGEMENT) });
  start("node", [join(OUT, "node_modules", "@copilotkit", "aimock", "dist", "cli.js"), "--port", String(AIMOCK), "--fixtures", join(OUT, "fixtures"),
    "--record", "--provider-openai", "http://127.0.0.1:" + AGENT], {});
  await Promise.all([listening(GATEWAY), listening(AIMOCK)]);

  const rows = [];
  const ways = [["Runtape", GATEWAY, { "Runtape-Replay": "match" }], ["aimock", AIMOCK, {}]];
  for (const [name, port, headers] of ways) {
    // What a process does for the first time takes it long.
    for (let i = 0; i < 5; i++) {
      await ask(port, {}, asking("Warm-up " + i));
    }
    // What a client of it saw while it was recorded is what its replay is compared with.
    const recorded = await ask(port);
    await sleep(1000);
    for (let i = 0; i < RUNS; i++) {
      rows.push(compare(name, recorded, await ask(port, headers)));
    }
    rows.push([name + ", recorded", recorded.status, createHash("sha256").update(recorded.body).digest("hex").slice(0, 12), recorded.frames.length, deltas(recorded.frames).length, "", "", "", ""]);
  }
  console.log("| mock | status | body | frames | deltas | first frame later by (ms) | all frames took longer by (ms) | error of a frame p50 (ms) | p99 (ms) |");
  console.log("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
  rows.forEach(row => console.log("| " + row.join(" | ") + " |"));
} finally {
  running.forEach(child => child.kill());
  agent.close();
  agent.closeAllConnections();
}
