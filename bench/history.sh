#!/usr/bin/env bash
# Measures a large history on PostgreSQL: runs made through the gateway, their times then moved apart over a year, and lists,
# filters, searches, stats, pages of events, transcripts and tails asked one after the other, while 5,000 events a second are
# recorded; before packing and after it, and, where --generated says so, with copies of the packed runs; how late live events come
# meanwhile; what an event takes on the disk; and beside it the plain table that teams write, with the same events. Needs a JDK 17,
# a C compiler and curl. 20,000 runs of 500 frames take half an hour with the peer, and a hundred million frames 40 minutes more,
# mostly for indexing the copies, with some 20 GB of disk in all.
#
#   bench/history.sh [--runs N: 2000] [--frames N: of each, 500] [--generated FRAMES: in all, with copies, none]
#                    [--requests N: of each kind, 200] [--warm-up N: requests of each kind before, 150]
#                    [--streams N: of 50 events a second beside the queries, 100; 0: none] [--spread DAYS: 365; 0: as recorded]
#                    [--no-peer] [--only-generated: asks only once copies are there] [--postgres VERSION]
#                    [--against FOLDER: the packaged program in that folder (a copy of target/quarkus-app) instead]
set -euo pipefail
cd "$(dirname "$0")/.."

app=$PWD/target/quarkus-app runs=2000 frames=500 generated=0 requests=200 warm_up=150 streams=100 spread=365 peer=1 earlier=1 postgres=17.11.0
while [ $# -gt 0 ]; do
  case "$1" in
    --runs) runs=$2; shift ;;
    --frames) frames=$2; shift ;;
    --generated) generated=$2; shift ;;
    --requests) requests=$2; shift ;;
    --warm-up) warm_up=$2; shift ;;
    --streams) streams=$2; shift ;;
    --spread) spread=$2; shift ;;
    --no-peer) peer=0 ;;
    --only-generated) earlier=0 peer=0 ;;
    --postgres) postgres=$2; shift ;;
    --against) app=$(realpath "$2"); shift ;;
    *) sed -n '2,14p' "$0" >&2; exit 2 ;;
  esac
  shift
done

out=$PWD/target/bench/history
agent_port=9370 gateway_port=9371 management_port=9372 database_port=9373 live_port=9374 other_port=9375 other_management_port=9376
third_port=9377 third_management_port=9378
mkdir -p "$out"
[ -f "$app/quarkus-run.jar" ] || ./mvnw -q package -DskipTests
cc -O2 -o "$out/ssebench" bench/ssebench.c -lm
rm -rf "$out/classes"
javac -proc:none -cp "$app/lib/main/*" -d "$out/classes" bench/history/*.java
rm -f "$out"/queries-* "$out"/sizes-* "$out"/live-* "$out"/scans-*

. bench/common.sh
. bench/postgres.sh
database=127.0.0.1:$database_port/postgres
jdbc="jdbc:postgresql://$database?user=postgres"
bench() { java -cp "$out/classes:$app/lib/main/*" "$@"; }
tables() { bench HistoryTables "$jdbc" "$@"; }
say() { echo "$(date +%T) $*" >&2; }

java -cp "$out/classes" StoryAgent $agent_port "$frames" & pids+=($!)
"$out/ssebench" serve --port $live_port & pids+=($!)
wait_for $agent_port; wait_for $live_port

# gateway PORT MANAGEMENT-PORT SETTING...
gateway() {
  local port=$1 management=$2; shift 2
  env RUNTAPE_DATABASE_URL="postgresql://postgres@$database" RUNTAPE_DATA_DIR="$out/data" RUNTAPE_UPSTREAM_URL=http://127.0.0.1:$agent_port \
    RUNTAPE_UPSTREAMS_OTHER_URL=http://127.0.0.1:$agent_port RUNTAPE_UPSTREAMS_LIVE_URL=http://127.0.0.1:$live_port \
    QUARKUS_HTTP_PORT="$port" QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_MANAGEMENT_PORT="$management" "$@" \
    java -Xmx352m -XX:+ExitOnOutOfMemoryError -jar "$app/quarkus-run.jar" >"$out/gateway-$port.log" 2>&1 & gateway_pid=$!
  pids+=("$gateway_pid"); wait_for "$port"
}
end_gateway() { kill "$1"; wait "$1" || true; }
seconds() { local began; began=$(date +%s%3N); "$@" >&2; awk -v a="$began" -v b="$(date +%s%3N)" 'BEGIN { printf "%.1f", (b - a) / 1000 }'; }

# A recording beside what is measured: each stream lasts twenty seconds, and they begin one after the other.
recording=''
record() {
  [ "$streams" = 0 ] && return
  "$out/ssebench" load --target 127.0.0.1:$gateway_port --path /live/v1/run --streams "$streams" --runs 1000000 --connect-rate $(((streams + 9) / 10)) \
    --body '{"agent":"live","prompt":"Go on."}' --bench 'events=1000,rate=50,size=120' --expect 1000 --pid "$gateway_pid" >"$out/live-$1" & recording=$!
  pids+=("$recording")
  sleep 12
}
end_recording() {
  [ -n "$recording" ] || return 0
  kill "$recording"; wait "$recording" || true; recording=''
  # Its runs end without their readers.
  while [ -n "$(curl -s -H 'X-API-Key: rt_test_bench' "127.0.0.1:$gateway_port/history/v1/runs?status=running&limit=1" | grep -o '"id":"run_')" ]; do sleep 0.5; done
}

# Deletes what was recorded beside the queries, so that later figures are those of the history alone.
forget_recording() {
  local found query="http://127.0.0.1:$gateway_port/history/v1/runs?upstream=live"
  found=$(curl -sSf -X DELETE -H 'X-API-Key: rt_test_bench' "$query&dryRun=true" | grep -o '[0-9]*' | head -1)
  curl -sSf -X DELETE -H 'X-API-Key: rt_test_bench' "$query&expect=$found" -o /dev/null
  tables tidied; tables vacuum
}

phases=()
# delays NAME: of the recording with that name
delays() { local report; report=$(cat "$out/live-$1"); echo "$(value p50 "$report") | $(value p99 "$report") | $(value events/s "$report") | $(value cpu_us_per_event "$report") | $(value errors "$report")"; }
# measure PHASE: how late live events are, without queries and with them, and how long the queries take
measure() {
  phases+=("$1")
  if [ "$streams" != 0 ]; then
    # The first is the JIT's.
    say "$1: the recording alone"
    for _ in 1 2; do record "alone-$1"; sleep 20; end_recording; done
    forget_recording
  fi
  say "$1: queries"
  tables scans >"$out/scans-before"
  record "beside-$1"
  bench HistoryQueries 127.0.0.1:$gateway_port "$requests" "$frames" "$runs" "$warm_up" >"$out/queries-$1"
  end_recording
  tables scans | join -t $'\t' "$out/scans-before" - | awk -F'\t' '$4 > $2 && ($5 - $3) / ($4 - $2) > 1000 { printf "%s`%s` %d times (%d rows)", n++ ? ", " : "", $1, $4 - $2, ($5 - $3) / ($4 - $2) }' >"$out/scans-$1"
  [ "$streams" = 0 ] || forget_recording
}

say "$runs runs of $frames frames through the gateway"
gateway $gateway_port $management_port RUNTAPE_PACK_AFTER=off
load=$(bench StoryLoad 127.0.0.1:$gateway_port "$runs" "$frames" 50)
all=$(tables frames)
[ "$(value frames "$all")" = $((runs * frames)) ] || { echo "not all frames are there: $all" >&2; exit 1; }
if [ "$spread" != 0 ]; then
  end_gateway "$gateway_pid"
  say "their times move apart over $spread days"
  tables spread "$spread"
  gateway $gateway_port $management_port RUNTAPE_PACK_AFTER=off
fi
say 'indexing'
indexing=$(seconds tables indexed)
tables vacuum
tables sizes >"$out/sizes-unpacked"
[ $earlier = 0 ] || measure unpacked
end_gateway "$gateway_pid"

say 'packing'
gateway $gateway_port $management_port RUNTAPE_PACK_AFTER=1s
packing=$(seconds tables packed)
tables vacuum
tables sizes >"$out/sizes-packed"
[ $earlier = 0 ] || measure packed

if [ $peer = 1 ]; then
  say 'the peer takes the same events'
  filling=$(bench HistoryPeer fill "$jdbc" 127.0.0.1:$gateway_port)
  say "the peer's queries"
  record peer
  bench HistoryPeer queries "$jdbc" "$requests" "$frames" "$runs" >"$out/queries-peer"
  end_recording
  [ "$streams" = 0 ] || forget_recording
fi

if [ "$generated" != 0 ]; then
  say "copies, until there are $generated frames"
  copying=$(seconds tables copies "$generated")
  say 'indexing the copies'
  main_pid=$gateway_pid
  gateway $other_port $other_management_port RUNTAPE_PACK_AFTER=off
  other_pid=$gateway_pid
  gateway $third_port $third_management_port RUNTAPE_PACK_AFTER=off
  third_pid=$gateway_pid gateway_pid=$main_pid
  copies_indexing=$(seconds tables indexed)
  end_gateway "$other_pid"
  end_gateway "$third_pid"
  tables vacuum
  copies=$(tables frames)
  tables sizes >"$out/sizes-generated"
  measure generated
fi

# The goals: 10 ms at p99 with up to ten million frames, 20 ms with more.
goal() { [ "$1" = generated ] && [ "$(value frames "$copies")" -gt 10000000 ] && echo 20 || echo 10; }
# sizes PHASE FRAMES: what each table takes, and what that is an event
sizes() { awk -F'\t' -v n="$2" '$2 > 65536 { printf "| `%s` | %.1f | %.1f |\n", $1, $2 / 1e6, $2 / n } { all += $2 } END { printf "| all | %.1f | %.1f |\n", all / 1e6, all / n }' "$out/sizes-$1"; }
of_table() { awk -F'\t' -v name="$2" '$1 == name { print $2 }' "$out/sizes-$1"; }

echo "$(date -u +%F), $(nproc) cores, $(java -version 2>&1 | head -1), PostgreSQL $("$pg/bin/postgres" -V | tr -dc '0-9.'), load $(cut -d' ' -f1 /proc/loadavg); $runs runs of $frames frames, $requests requests of each kind after $warm_up to warm up"
echo
echo "Recorded: $(value rate "$load") events/s. Indexed by one gateway, at most a third of its time: $indexing s. Packed: $packing s."
[ "$generated" = 0 ] || echo "Copied: rows of runs, threads and packed blocks, $(value runs "$copies") runs with $(value frames "$copies") frames in all, in $copying s; indexed by three gateways in $copies_indexing s."
for phase in "${phases[@]}"; do
  echo
  echo "| $phase | found | p50 (ms) | p99 (ms) | max (ms) | over $(goal "$phase") ms |"
  echo '| --- | --- | --- | --- | --- | --- |'
  awk -F'\t' -v goal="$(goal "$phase")" '{ printf "| %s | %s | %s | %s | %s | %s |\n", $1, $2, $3, $4, $5, ($4 > goal ? "yes" : "") }' "$out/queries-$phase"
  [ ! -s "$out/scans-$phase" ] || printf '\nTables of more than a thousand rows that were read as a whole: %s\n' "$(cat "$out/scans-$phase")"
done
if [ "$streams" != 0 ]; then
  echo
  echo '| live events | delay p50 (µs) | p99 (µs) | events/s | CPU of the gateway, an event (µs) | errors |'
  echo '| --- | --- | --- | --- | --- | --- |'
  for phase in "${phases[@]}"; do
    echo "| $phase, no queries | $(delays "alone-$phase") |"
    echo "| $phase, queries | $(delays "beside-$phase") |"
  done
  [ $peer = 0 ] || echo "| the peer's queries | $(delays peer) |"
fi
echo
echo "An event has $(awk -v b="$(value bytes "$all")" -v f="$(value frames "$all")" 'BEGIN { printf "%.1f", b / f }') bytes of stream, and takes on the disk $(awk -v a="$(of_table unpacked block)" -v b="$(of_table packed packed_block)" -v f=$((runs * frames)) 'BEGIN { printf "%.1f bytes before packing, %.1f after it", a / f, b / f }'), without the index. All tables, packed:"
for phase in packed generated; do
  [ -f "$out/sizes-$phase" ] || continue
  echo
  echo "| $phase | MB | bytes an event |"
  echo '| --- | --- | --- |'
  sizes $phase "$([ $phase = packed ] && echo $((runs * frames)) || value frames "$copies")"
done
if [ $peer = 1 ]; then
  echo
  echo "| one row an event, SQL without HTTP | found | p50 (ms) | p99 (ms) | max (ms) | requests |"
  echo '| --- | --- | --- | --- | --- | --- |'
  awk -F'\t' '{ printf "| %s | %s | %s | %s | %s | %s |\n", $1, $2, $3, $4, $5, $6 }' "$out/queries-peer"
  echo
  awk -v n="$(value events "$filling")" -v t="$(value table "$filling")" -v g="$(value gin "$filling")" -v i="$(value indexes "$filling")" -v r="$(value runs "$filling")" \
    'BEGIN { printf "An event takes %.1f bytes on the disk: the row %.1f, the GIN index %.1f, the other indexes %.1f, the runs with their indexes %.1f.\n", (t + g + i + r) / n, t / n, g / n, i / n, r / n }'
fi
