// The design that Runtape is measured against, made as good as it can be made: one INSERT an event through a pool of ten
// connections, and the event is written to the client once its INSERT has returned. Streams go in parallel; within a stream
// events keep their order. Needs the npm package pg.
//
//   node peer.mjs PORT UPSTREAM_PORT postgresql://user@host:port/database
import { createServer, request, Agent } from 'node:http';
import pg from 'pg';

const [port, upstreamPort, database] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: database, max: 10 });
await pool.query(`create table if not exists peer_event (
  run_id bigint not null, sequence integer not null, arrived_at timestamptz not null default now(), bytes bytea not null,
  primary key (run_id, sequence))`);
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
const insert = {
  name: 'insert',
  text: 'insert into peer_event (run_id, sequence, bytes) values ($1, $2, $3)',
};
let lastRun = Date.now() * 1000;

createServer({ noDelay: true }, (incoming, client) => {
  const runId = ++lastRun;
  const outgoing = request({
    host: '127.0.0.1', port: upstreamPort, path: incoming.url, method: incoming.method, agent,
    headers: { ...incoming.headers, connection: 'keep-alive' },
  }, (answer) => {
    client.writeHead(answer.statusCode, answer.headers);
    let pending = Buffer.alloc(0);
    let sequence = 0;
    let tail = Promise.resolve();
    let waiting = 0;
    const store = (frame) => {
      const n = ++sequence;
      const stored = pool.query({ ...insert, values: [runId, n, frame] });
      stored.catch(() => {});
      if (++waiting >= 256) answer.pause();
      tail = tail.then(() => stored).then(() => {
        client.write(frame);
        if (--waiting < 128) answer.resume();
      });
      tail.catch(() => client.destroy());
    };
    answer.on('data', (chunk) => {
      pending = pending.length ? Buffer.concat([pending, chunk]) : chunk;
      for (let end; (end = pending.indexOf('\n\n')) >= 0; pending = pending.subarray(end + 2)) store(pending.subarray(0, end + 2));
    });
    answer.on('end', () => { tail.then(() => client.end()); });
  });
  incoming.pipe(outgoing);
}).listen(Number(port), '127.0.0.1', () => console.log('listening'));
