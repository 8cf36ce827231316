#!/usr/bin/env bash
# Measures the road and prints a table: the direct path, the gateway on PostgreSQL and on H2, and a peer that does one
# INSERT an event, all in one run on this machine. Needs a JDK 17, a C compiler, and for the peer Node with npm.
#
#   bench/run.sh [--rounds N] [--no-peer] [--no-h2] [--no-scale] [--java 'OPTIONS', instead of -Xmx352m and the exit]
#                [--native target/runtape-*-runner, instead of the JVM]
#   bench/run.sh --remote [--rounds N] [--java 'OPTIONS']: only tails, at the run's own gateway and at another one
#   bench/run.sh --readers [--rounds N] [--java 'OPTIONS']: only 500 tails and 50 lists a second, by the size of the readers' pool
#   bench/run.sh --many [--rounds N] [--java 'OPTIONS']: only 100 to 1,000 streams of 50 events a second, beside nginx, which records
#                nothing. Needs nginx
#   bench/run.sh --rest: only what recorded events take on the disk, before and after packing: of the demo agent and of bulk
#   bench/run.sh --against FOLDER [--rounds N] [--java 'OPTIONS']: only this program and the packaged one in that folder (a copy of
#                target/quarkus-app), in turn, each with its own schema: what a change costs. Both index what they record, each also
#                while the other is measured
#   bench/run.sh --bulk FOLDER [--bulk FOLDER]... [--warm-up N: rounds before, 8] [--rounds N] [--java 'OPTIONS']: only bulk, of the
#                packaged programs in those folders, one gateway at a time, each twice: what indexing beside the road costs. The JIT
#                needs some thirty rounds
#
# PostgreSQL comes from the Maven artifact that the tests use, 17 unless --postgres names another version of it, such as
# 15.19.0, and runs with its default durability. Nothing is left behind but target/bench.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=5 warm_up=8 peer=1 h2=1 scale=1 remote=0 readers_only=0 many_only=0 rest_only=0 native='' against='' bulk_of=() postgres=17.11.0 java_options='-Xmx352m -XX:+ExitOnOutOfMemoryError'
while [ $# -gt 0 ]; do
  case "$1" in
    --rounds) rounds=$2; shift ;;
    --warm-up) warm_up=$2; shift ;;
    --no-peer) peer=0 ;;
    --no-h2) h2=0 ;;
    --no-scale) scale=0 ;;
    --remote) remote=1 ;;
    --readers) readers_only=1 ;;
    --many) many_only=1 ;;
    --rest) rest_only=1 ;;
    --against) against=$(realpath "$2"); shift ;;
    --bulk) bulk_of+=("$(realpath "$2")"); shift ;;
    --postgres) postgres=$2; shift ;;
    --java) java_options=$2; shift ;;
    --native) native=$(realpath "$2"); shift ;;
    *) sed -n '2,20p' "$0" >&2; exit 2 ;;
  esac
  shift
done

out=$PWD/target/bench
# Each stream is two sockets of the gateway; some files are its own.
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"
idle_streams=$(( ($(ulimit -n) - 600) / 2 < 10000 ? ($(ulimit -n) - 600) / 2 : 10000 ))
jar=$PWD/target/quarkus-app/quarkus-run.jar
upstream_port=9310 gateway_port=9311 management_port=9312 database_port=9313 peer_port=9314
other_port=9315 other_management_port=9316
mkdir -p "$out"
[ -n "$native" ] || [ -f "$jar" ] || ./mvnw -q package -DskipTests
cc -O2 -o "$out/ssebench" bench/ssebench.c -lm

. bench/common.sh
. bench/postgres.sh
database=postgresql://postgres@127.0.0.1:$database_port/postgres

"$out/ssebench" serve --port $upstream_port & pids+=($!)
wait_for $upstream_port

bulk() { "$out/ssebench" load --target "127.0.0.1:$1" --streams 50 --runs 1000 --bench 'events=500,rate=0,size=120' --expect 500 ${2:+--pid "$2"}; }
live() { "$out/ssebench" load --target "127.0.0.1:$1" --streams 100 --runs 100 --bench 'events=500,rate=50,size=120' --expect 500 ${2:+--pid "$2"}; }

rows=()
row() { rows+=("$1"); printf '%s\n' "$1" >&2; }

# measure NAME PORT PID: the second bulk round, then five more to warm up, then the median of the rounds; live likewise
measure() {
  local name=$1 port=$2 pid=${3:-} report second='' i
  if [ -n "$pid" ]; then
    bulk "$port" "$pid" >/dev/null || true
    second=$(value events/s "$(bulk "$port" "$pid")")
    for i in 1 2 3 4 5; do bulk "$port" "$pid" >/dev/null; done
  fi
  local rates=() cpus=() reports=''
  for i in $(seq "$rounds"); do
    report=$(bulk "$port" "$pid"); rates+=("$(value events/s "$report")")
    [ -z "$pid" ] || cpus+=("$(value cpu_us_per_event "$report")")
  done
  local rate cpu='' p50s=() p99s=() lcpus=() rss=''
  rate=$(printf '%s\n' "${rates[@]}" | median)
  [ -z "$pid" ] || cpu=$(printf '%s\n' "${cpus[@]}" | median)
  [ -z "$pid" ] || live "$port" "$pid" >/dev/null
  for i in $(seq "$rounds"); do
    report=$(live "$port" "$pid")
    p50s+=("$(value p50 "$report")"); p99s+=("$(value p99 "$report")")
    if [ -n "$pid" ]; then lcpus+=("$(value cpu_us_per_event "$report")"); rss=$(value rss_peak_mb "$report"); fi
  done
  row "| $name | ${second:-–} | $rate | $(printf '%s\n' "${p50s[@]}" | median) | $(printf '%s\n' "${p99s[@]}" | median) | ${cpu:-–} | $([ -z "$pid" ] && echo – || printf '%s\n' "${lcpus[@]}" | median) | ${rss:-–} |"
}

# shellcheck disable=SC2206
program=(java $java_options -jar "$jar")
# shellcheck disable=SC2206
[ -z "$native" ] || program=("$native" $java_options)

gateway() {
  env RUNTAPE_MAX_LIVE_RUNS=20000 RUNTAPE_MAX_LIVE_RUNS_PER_OWNER=20000 RUNTAPE_UPSTREAM_URL=http://127.0.0.1:$upstream_port QUARKUS_HTTP_PORT=$gateway_port QUARKUS_HTTP_HOST=127.0.0.1 \
    QUARKUS_MANAGEMENT_PORT=$management_port env "$@" "${program[@]}" >"$out/gateway-$gateway_port.log" 2>&1 & gateway_pid=$!
  pids+=("$gateway_pid"); wait_for $gateway_port
}

at_once() { "$out/ssebench" load --target "127.0.0.1:$1" --streams 500 --runs 500 --bench 'events=10,rate=0,size=120' --expect 10; }
# many NAME PORT PID: what many streams at once cost; the gateway is warm
scale_rows=()
many() {
  local name=$1 port=$2 pid=${3:-} burst i firsts=() crowd idle
  # The bulk rounds have few starts: these warm up what a start takes.
  for i in $(seq 50); do at_once "$port" >/dev/null; done
  for i in $(seq "$rounds"); do
    burst=$(at_once "$port")
    firsts+=("$(value max "${burst#*first_byte_ms}")")
  done
  if [ -z "$pid" ]; then
    scale_rows+=("| $name | $(printf '%s\n' "${firsts[@]}" | median) | – | – | – | – | – | – |")
    return
  fi
  crowd=$("$out/ssebench" load --target "127.0.0.1:$port" --streams 5000 --runs 5000 --connect-rate 1000 --bench 'events=60,rate=1,size=120' --expect 60 --pid "$pid")
  idle=$("$out/ssebench" load --target "127.0.0.1:$port" --streams $idle_streams --runs $idle_streams --connect-rate 1000 --bench 'events=2,rate=0.03,size=120' --expect 2 --pid "$pid")
  scale_rows+=("| $name | $(printf '%s\n' "${firsts[@]}" | median) | $(value errors "$crowd") | $(value p50 "$crowd") | $(value p99 "$crowd") | $(value rss_peak_mb "$crowd") | $(value errors "$idle") | $(value rss_peak_mb "$idle") |")
  printf '%s\n' "${scale_rows[-1]}" >&2
}

# tails PORT RUNS READERS: that many runs at the gateway, 50 events a second each, and each read by that many tails at PORT.
# The first second's events are not counted: they come before all tails are there.
tails() {
  local port=$1 runs=$2 readers=$3 events=750 paths=$out/paths report
  "$out/ssebench" load --target 127.0.0.1:$gateway_port --streams "$runs" --runs "$runs" --bench "events=$events,rate=50,size=120" --expect $events >/dev/null &
  local recording=$!
  until [ "$(running "$paths")" = "$runs" ]; do sleep 0.05; done
  report=$("$out/ssebench" load --target "127.0.0.1:$port" --method GET --paths "$paths" --streams $((runs * readers)) --runs $((runs * readers)) --skip 150 --expect $events) || true
  wait $recording
  printf '%s\n' "$report"
}
# The paths of the tails of all runs that go on; prints how many there are.
running() {
  curl -s -H 'X-API-Key: rt_test_bench' "http://127.0.0.1:$gateway_port/history/v1/runs?status=running&limit=500" |
    { grep -o '"id":"run_[^"]*"' || true; } | sed 's|.*"\(run_.*\)"|/history/v1/runs/\1/events?verbatim=true|' >"$1"
  wc -l <"$1"
}
# tail_row NAME PORT RUNS READERS: the median of the rounds
tail_row() {
  local name=$1 p50s=() p99s=() errors=0 report i
  for i in $(seq "$rounds"); do
    report=$(tails "$2" "$3" "$4"); p50s+=("$(value p50 "$report")"); p99s+=("$(value p99 "$report")")
    errors=$((errors + $(value errors "$report") + $(value gaps "$report") + $(value short "$report")))
  done
  row "| $name | $(printf '%s\n' "${p50s[@]}" | median) | $(printf '%s\n' "${p99s[@]}" | median) | $errors |"
}
if [ $readers_only = 1 ]; then
  # Each with a history of its own on the same PostgreSQL; a round of the one, then a round of the other.
  ports=() pids_of=() sizes=(50 20)
  for i in 0 1; do
    gateway RUNTAPE_DATABASE_URL=$database RUNTAPE_DATABASE_SCHEMA=pool_of_${sizes[i]} QUARKUS_DATASOURCE_JDBC_MAX_SIZE=${sizes[i]}
    ports+=("$gateway_port"); pids_of+=("$gateway_pid")
    gateway_port=$other_port management_port=$other_management_port
  done
  # readers I: a run at 50 events a second with 500 tails, and 50 lists a second for as long
  readers() {
    gateway_port=${ports[$1]}
    local before after
    before=$(cut -d' ' -f14,15 "/proc/${pids_of[$1]}/stat")
    java bench/Lists.java "127.0.0.1:$gateway_port" 50 14 >"$out/lists" & local lists=$!
    tails "$gateway_port" 1 500
    wait $lists
    after=$(cut -d' ' -f14,15 "/proc/${pids_of[$1]}/stat")
    awk '{ print "lists_errors", $4, "lists_p50", $6, "lists_p99", $8 }' "$out/lists"
    awk -v t="$(getconf CLK_TCK)" '{ printf "cpu_s %.2f\n", ($3 + $4 - $1 - $2) / t }' <<<"$before $after"
  }
  for i in 0 1; do for _ in 1 2 3; do bulk "${ports[i]}" >/dev/null; done; readers $i >/dev/null; done
  for r in $(seq "$rounds"); do for i in 0 1; do readers $i >"$out/readers-${sizes[i]}-$r"; done; done
  over() { for r in $(seq "$rounds"); do value "$2" "$(cat "$out/readers-$1-$r")"; done; }
  echo
  echo "$(date -u +%F), $(nproc) cores, $(java -version 2>&1 | head -1), median of $rounds rounds"
  echo
  echo '| | tails p50 (µs) | tails p99 (µs) | lists p50 (µs) | lists p99 (µs) | CPU of the gateway (s) | errors |'
  echo '| --- | --- | --- | --- | --- | --- | --- |'
  for size in "${sizes[@]}"; do
    echo "| pool of $size | $(over "$size" p50 | median) | $(over "$size" p99 | median) | $(over "$size" lists_p50 | median) | $(over "$size" lists_p99 | median) | $(over "$size" cpu_s | median) | $({ over "$size" errors; over "$size" gaps; over "$size" short; over "$size" lists_errors; } | awk '{ n += $1 } END { print n }') |"
  done
  exit
fi
if [ $rest_only = 1 ]; then
  sizes() { java -cp "$(echo target/quarkus-app/lib/main/org.postgresql.postgresql-*.jar)" bench/Sizes.java "jdbc:postgresql://127.0.0.1:$database_port/postgres?user=postgres" "$1"; }
  # rest NAME SCHEMA: what the recorded runs take now, and when they are packed
  rest() {
    local live packed
    live=$(sizes "$2")
    until packed=$(sizes "$2"); [ "$(value unpacked "$packed")" = 0 ] && [ "$(value live_bytes "$packed")" -lt 200000 ]; do sleep 1; done
    awk -v name="$1" -v f="$(value frames "$packed")" -v b="$(value bytes "$packed")" -v l="$(value live_bytes "$live")" -v p="$(value packed_bytes "$packed")" \
      'BEGIN { printf "| %s | %d | %.1f | %.1f | %.1f |\n", name, f, b / f, l / f, p / f }'
  }
  gateway -u RUNTAPE_UPSTREAM_URL RUNTAPE_DATABASE_URL=$database RUNTAPE_DATABASE_SCHEMA=rest_of_demo RUNTAPE_PACK_AFTER=40s
  calls=()
  for _ in $(seq 300); do
    curl -sS -o /dev/null "127.0.0.1:$gateway_port/v1/run" -H 'Content-Type: application/json' -d '{"agent":"code-assistant","prompt":"Run the tests."}' & calls+=($!)
  done
  wait "${calls[@]}"
  demo=$(rest 'the demo agent' rest_of_demo)
  kill "$gateway_pid"; wait "$gateway_pid" || true
  gateway RUNTAPE_DATABASE_URL=$database RUNTAPE_DATABASE_SCHEMA=rest_of_bulk RUNTAPE_PACK_AFTER=40s
  bulk $gateway_port >/dev/null
  many=$(rest 'bulk' rest_of_bulk)
  echo
  echo "$(date -u +%F), $(nproc) cores, PostgreSQL $postgres"
  echo
  echo '| | events | bytes of stream an event | on the disk, an event | packed, an event |'
  echo '| --- | --- | --- | --- | --- |'
  printf '%s\n' "$demo" "$many"
  exit
fi
if [ ${#bulk_of[@]} -gt 0 ]; then
  echo
  echo "$(date -u +%F), $(nproc) cores, $(java -version 2>&1 | head -1), medians of $rounds rounds after $warm_up"
  echo
  echo '| | bulk (events/s) | CPU an event, bulk (µs) |'
  echo '| --- | --- | --- |'
  for turn in 1 2; do
    for i in "${!bulk_of[@]}"; do
      # shellcheck disable=SC2206
      program=(java $java_options -jar "${bulk_of[i]}/quarkus-run.jar")
      gateway RUNTAPE_DATABASE_URL=$database RUNTAPE_DATABASE_SCHEMA=bulk_${i}_$turn
      for _ in $(seq "$warm_up"); do bulk $gateway_port >/dev/null; done
      rm -f "$out/bulk"
      for _ in $(seq "$rounds"); do
        fast=$(bulk $gateway_port "$gateway_pid")
        echo "$(value events/s "$fast") $(value cpu_us_per_event "$fast")" >>"$out/bulk"
      done
      echo "| ${bulk_of[i]} | $(awk '{ print $1 }' "$out/bulk" | median) | $(awk '{ print $2 }' "$out/bulk" | median) |"
      kill "$gateway_pid"; wait "$gateway_pid" || true
    done
  done
  exit
fi
if [ -n "$against" ]; then
  gateway RUNTAPE_DATABASE_URL=$database RUNTAPE_DATABASE_SCHEMA=after
  after_pid=$gateway_pid after_port=$gateway_port
  gateway_port=$other_port management_port=$other_management_port
  # shellcheck disable=SC2206
  program=(java $java_options -jar "$against/quarkus-run.jar")
  gateway RUNTAPE_DATABASE_URL=$database RUNTAPE_DATABASE_SCHEMA=before
  before_pid=$gateway_pid before_port=$gateway_port
  rm -f "$out"/against-*
  live_many() { "$out/ssebench" load --target "127.0.0.1:$1" --streams 600 --runs 600 --connect-rate 1000 --bench 'events=500,rate=50,size=120' --expect 500 --pid "$2"; }
  for i in 1 2 3 4 5; do for each in before after; do port=${each}_port pid=${each}_pid; bulk "${!port}" "${!pid}" >/dev/null; done; done
  for each in before after; do port=${each}_port pid=${each}_pid; live_many "${!port}" "${!pid}" >/dev/null; done
  for i in $(seq "$rounds"); do
    for each in before after; do
      port=${each}_port pid=${each}_pid
      fast=$(bulk "${!port}" "${!pid}"); slow=$(live_many "${!port}" "${!pid}")
      echo "$(value events/s "$fast") $(value cpu_us_per_event "$fast") $(value cpu_us_per_event "$slow") $(value p50 "$slow") $(value p99 "$slow") $(value errors "$slow")" >>"$out/against-$each"
    done
  done
  of() { awk -v c="$2" '{ print $c }' "$out/against-$1" | median; }
  echo
  echo "$(date -u +%F), $(nproc) cores, $(java -version 2>&1 | head -1), medians of $rounds rounds, alternating"
  echo
  echo '| | bulk (events/s) | CPU an event, bulk (µs) | CPU an event, 600 streams (µs) | p50 (µs) | p99 (µs) | errors |'
  echo '| --- | --- | --- | --- | --- | --- | --- |'
  for each in before after; do echo "| $each | $(of $each 1) | $(of $each 2) | $(of $each 3) | $(of $each 4) | $(of $each 5) | $(of $each 6) |"; done
  exit
fi

if [ $many_only = 1 ]; then
  nginx_port=9317
  mkdir -p "$out/nginx"
  cat >"$out/nginx/nginx.conf" <<EOF
daemon off; worker_processes 1; pid $out/nginx/pid; error_log $out/nginx/log;
events { worker_connections 8192; }
http {
  access_log off; client_body_temp_path $out/nginx/body; proxy_temp_path $out/nginx/proxy;
  upstream agent { server 127.0.0.1:$upstream_port; keepalive 64; }
  server {
    listen 127.0.0.1:$nginx_port;
    location / { proxy_pass http://agent; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; proxy_read_timeout 300s; }
  }
}
EOF
  nginx -p "$out/nginx" -c "$out/nginx/nginx.conf" 2>/dev/null & nginx_pid=$!
  pids+=("$nginx_pid"); wait_for $nginx_port
  gateway RUNTAPE_DATABASE_URL=$database
  postmaster=$(head -1 "$pg/data/postmaster.pid")
  # Of all processes of the server, those that have ended too, in microseconds.
  database_cpu() {
    # Processes come and go meanwhile.
    { cat /proc/[0-9]*/stat 2>/dev/null || true; } | awk -v m="$postmaster" -v t="$(getconf CLK_TCK)" \
      '$4 == m { n += $14 + $15 } $1 == m { n += $16 + $17 } END { printf "%d", n * 1e6 / t }'
  }
  streams() { "$out/ssebench" load --target "127.0.0.1:$1" --streams "$2" --runs "$2" --connect-rate 1000 --bench 'events=500,rate=50,size=120' --expect 500 ${3:+--pid "$3"}; }
  # round NAME PORT PID COUNT: keeps its figures
  round() {
    local before report
    before=$(database_cpu)
    report=$(streams "$2" "$4" "$3") || true
    echo "$(value cpu_us_per_event "$report") $((($(database_cpu) - before) / ($4 * 500))) $(value p50 "$report") $(value p99 "$report") $(value errors "$report")" >>"$out/many-$1-$4"
  }
  rm -f "$out"/many-*
  for i in 1 2 3 4; do bulk $gateway_port "$gateway_pid" >/dev/null; done
  streams $gateway_port 600 >/dev/null
  counts=(100 300 600 1000)
  for count in "${counts[@]}"; do
    for i in $(seq "$rounds"); do
      round nginx $nginx_port "$(pgrep -P "$nginx_pid")" "$count"
      round runtape $gateway_port "$gateway_pid" "$count"
    done
  done
  # over NAME COUNT COLUMN: the median of the rounds
  over() { awk -v c="$3" '{ print $c }' "$out/many-$1-$2" | median; }
  echo
  echo "$(date -u +%F), $(nproc) cores, $(java -version 2>&1 | head -1), PostgreSQL $("$pg/bin/postgres" -V | tr -dc '0-9.'), median of $rounds rounds; CPU in µs an event"
  echo
  echo '| streams | gateway | PostgreSQL | p50 / p99 (ms) | nginx, no recording | p50 / p99 (ms) | gateway and PostgreSQL, times nginx | errors |'
  echo '| --- | --- | --- | --- | --- | --- | --- | --- |'
  for count in "${counts[@]}"; do
    awk -v count="$count" -v g="$(over runtape "$count" 1)" -v d="$(over runtape "$count" 2)" -v a="$(over runtape "$count" 3)" \
      -v b="$(over runtape "$count" 4)" -v n="$(over nginx "$count" 1)" -v x="$(over nginx "$count" 3)" -v y="$(over nginx "$count" 4)" \
      -v e="$(cat "$out/many-runtape-$count" "$out/many-nginx-$count" | awk '{ n += $5 } END { print n }')" \
      'BEGIN { printf "| %d | %.1f | %d | %.2f / %.1f | %.1f | %.2f / %.1f | %.1f | %d |\n", count, g, d, a / 1000, b / 1000, n, x / 1000, y / 1000, (g + d) / n, e }'
  done
  exit
fi
if [ $remote = 1 ]; then
  gateway RUNTAPE_DATABASE_URL=$database
  first_pid=$gateway_pid first_port=$gateway_port
  gateway_port=$other_port management_port=$other_management_port
  gateway RUNTAPE_DATABASE_URL=$database
  gateway_port=$first_port
  for i in 1 2 3; do bulk $gateway_port "$first_pid" >/dev/null; bulk $other_port "$gateway_pid" >/dev/null; done
  # The first round of each is the JIT's.
  tails $gateway_port 100 1 >/dev/null; tails $other_port 100 1 >/dev/null
  tail_row '1 run, 1 tail, local' $gateway_port 1 1
  tail_row '1 run, 1 tail, remote' $other_port 1 1
  tail_row '100 runs, 1 tail each, local' $gateway_port 100 1
  tail_row '100 runs, 1 tail each, remote' $other_port 100 1
  tail_row '1 run, 500 tails, local' $gateway_port 1 500
  tail_row '1 run, 500 tails, remote' $other_port 1 500
  echo
  echo "$(date -u +%F), $(nproc) cores, $(java -version 2>&1 | head -1), median of $rounds rounds; the delay is from the agent API's write to the tail's read"
  echo
  echo '| | p50 (µs) | p99 (µs) | errors |'
  echo '| --- | --- | --- | --- |'
  printf '%s\n' "${rows[@]}"
  exit
fi

measure direct $upstream_port
[ $scale = 0 ] || many direct $upstream_port
# Beside the gateway's figures: what this PostgreSQL takes of the same rows when nothing else runs.
copied=$(java -cp "$(echo target/quarkus-app/lib/main/org.postgresql.postgresql-*.jar)" bench/CopyAlone.java \
  "jdbc:postgresql://127.0.0.1:$database_port/postgres?user=postgres" $((rounds + 7)) | awk '{ print $2 }')
row "| COPY alone, no gateway | $(sed -n 2p <<<"$copied") | $(tail -n "$rounds" <<<"$copied" | median) | – | – | – | – | – |"
gateway RUNTAPE_DATABASE_URL=$database
measure 'Runtape on PostgreSQL' $gateway_port "$gateway_pid"
if [ $scale = 1 ]; then
  # A process of its own, so that its peak is that of these cases; warm.
  kill "$gateway_pid"; wait "$gateway_pid" 2>/dev/null || true
  gateway RUNTAPE_DATABASE_URL=$database
  for i in 1 2 3 4 5 6; do bulk $gateway_port "$gateway_pid" >/dev/null; done
  many 'Runtape on PostgreSQL' $gateway_port "$gateway_pid"
fi
kill "$gateway_pid"; wait "$gateway_pid" 2>/dev/null || true
if [ $h2 = 1 ]; then
  rm -rf "$out/h2"; gateway RUNTAPE_DATA_DIR="$out/h2"
  measure 'Runtape on H2' $gateway_port "$gateway_pid"
  kill "$gateway_pid"; wait "$gateway_pid" 2>/dev/null || true; rm -rf "$out/h2"
fi
if [ $peer = 1 ]; then
  mkdir -p "$out/peer"; cp bench/peer.mjs "$out/peer/"
  (cd "$out/peer" && { [ -d node_modules/pg ] || npm install --silent --no-save pg@8 >/dev/null; })
  node "$out/peer/peer.mjs" $peer_port $upstream_port $database >"$out/peer.log" 2>&1 & peer_pid=$!
  pids+=("$peer_pid"); wait_for $peer_port
  rounds_kept=$rounds; rounds=1
  bulk() { "$out/ssebench" load --target "127.0.0.1:$1" --streams 50 --runs 50 --bench 'events=500,rate=0,size=120' --expect 500 ${2:+--pid "$2"}; }
  measure 'Node, one INSERT an event' $peer_port "$peer_pid"
  rounds=$rounds_kept
fi

echo
echo "$(date -u +%F), $(nproc) cores, $(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo), $(java -version 2>&1 | head -1), PostgreSQL $("$pg/bin/postgres" -V | tr -dc '0-9.'), median of $rounds rounds"
echo
echo '| | bulk, second round (events/s) | bulk, warm (events/s) | live p50 (µs) | live p99 (µs) | CPU an event, bulk (µs) | CPU an event, live (µs) | peak RSS (MB) |'
echo '| --- | --- | --- | --- | --- | --- | --- | --- |'
printf '%s\n' "${rows[@]}"
if [ $scale = 1 ]; then
  echo
  echo "| | 500 runs at once: last first byte (ms) | 5,000 streams, 1 event/s: errors | p50 (µs) | p99 (µs) | peak RSS (MB) | $idle_streams idle streams: errors | peak RSS (MB) |"
  echo '| --- | --- | --- | --- | --- | --- | --- | --- |'
  printf '%s\n' "${scale_rows[@]}"
fi
