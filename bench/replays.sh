#!/usr/bin/env bash
# Measures the pace of replays with real clocks, on PostgreSQL: a run is recorded that lasts some minutes, and is then replayed at
# speed 1, once and many times at once: how far each frame is from its time, and whether that grows until the last frame. Needs a
# JDK 17 and a C compiler.
#
#   bench/replays.sh [--seconds N: how long the run is recorded, 120] [--rate N: its frames a second, 10] [--replays "N …": at once, "1 500"]
#                    [--stretch N: the run is exported, and imported with N times as much time between its frames, 1]
#                    [--against FOLDER: the packaged program in that folder (a copy of target/quarkus-app) instead]
set -euo pipefail
cd "$(dirname "$0")/.."

app=$PWD/target/quarkus-app seconds=120 rate=10 replays="1 500" stretch=1 postgres=17.11.0
while [ $# -gt 0 ]; do
  case "$1" in
    --seconds) seconds=$2; shift ;;
    --rate) rate=$2; shift ;;
    --replays) replays=$2; shift ;;
    --stretch) stretch=$2; shift ;;
    --against) app=$(realpath "$2"); shift ;;
    *) sed -n '2,9p' "$0" >&2; exit 2 ;;
  esac
  shift
done

out=$PWD/target/bench/replays
agent_port=9380 gateway_port=9381 management_port=9382 database_port=9383
mkdir -p "$out"
[ -f "$app/quarkus-run.jar" ] || ./mvnw -q package -DskipTests
cc -O2 -o "$out/ssebench" bench/ssebench.c -lm

. bench/common.sh
. bench/postgres.sh

"$out/ssebench" serve --port $agent_port & pids+=($!)
wait_for $agent_port
env RUNTAPE_DATABASE_URL="postgresql://postgres@127.0.0.1:$database_port/postgres" RUNTAPE_UPSTREAM_URL=http://127.0.0.1:$agent_port \
  QUARKUS_HTTP_PORT=$gateway_port QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_MANAGEMENT_PORT=$management_port \
  java -Xmx352m -jar "$app/quarkus-run.jar" >"$out/gateway.log" 2>&1 & pids+=($!)
wait_for $gateway_port

run=$(curl -sSf -o /dev/null -D - "127.0.0.1:$gateway_port/v1/run" -H 'Content-Type: application/json' -H 'X-API-Key: rt_test_bench' \
  -H "X-Bench: events=$((seconds * rate)),rate=$rate,size=120" -d '{"prompt":"Go on."}' | tr -d '\r' | awk 'tolower($1) == "runtape-run-id:" { print $2 }')

# The archive of the run, as that of another one which took so many times as long.
stretched() {
  curl -sSf "127.0.0.1:$gateway_port/history/v1/runs/$run" -H 'X-API-Key: rt_test_bench' -H 'Accept: application/x-ndjson' \
    | sed -E "s/$run/$1/g; s/thr_[0-9a-f]+/thr_stretched/g" | awk -v times="$stretch" 'match($0, /"offsetUs":[0-9]+/) {
        $0 = substr($0, 1, RSTART + 10) sprintf("%.0f", substr($0, RSTART + 11, RLENGTH - 11) * times) substr($0, RSTART + RLENGTH) } { print }'
}
if [ "$stretch" != 1 ]; then
  other=run_$(printf '%032d' 1)
  stretched "$other" >"$out/stretched.ndjson"
  curl -sSf -X POST "127.0.0.1:$gateway_port/history/v1/import" -H 'X-API-Key: rt_test_bench' -H 'Content-Type: application/x-ndjson' \
    -H 'Expect:' -T "$out/stretched.ndjson" | grep -q '"imported":1,' || { echo 'the stretched run is not imported' >&2; exit 1; }
  run=$other
fi

echo "$(date -u +%F), $(nproc) cores, $(java -version 2>&1 | head -1), load $(cut -d' ' -f1 /proc/loadavg)"
javac -d "$out/classes" bench/Replays.java
for count in $replays; do
  java -cp "$out/classes" Replays 127.0.0.1:$gateway_port "$run" "$count"
done
