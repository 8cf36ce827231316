#!/usr/bin/env bash
# Measures the pace of replays with real clocks, on PostgreSQL: a run is recorded that lasts some minutes, and is then replayed at
# speed 1, once and many times at once: how far each frame is from its time, and whether that grows until the last frame. Needs a
# JDK 17 and a C compiler.
#
#   bench/replays.sh [--seconds N: how long the run lasts, 120] [--rate N: its frames a second, 10] [--replays N: at once, 500]
#                    [--against FOLDER: the packaged program in that folder (a copy of target/quarkus-app) instead]
set -euo pipefail
cd "$(dirname "$0")/.."

app=$PWD/target/quarkus-app seconds=120 rate=10 replays=500 postgres=17.11.0
while [ $# -gt 0 ]; do
  case "$1" in
    --seconds) seconds=$2; shift ;;
    --rate) rate=$2; shift ;;
    --replays) replays=$2; shift ;;
    --against) app=$(realpath "$2"); shift ;;
    *) sed -n '2,8p' "$0" >&2; exit 2 ;;
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

echo "$(date -u +%F), $(nproc) cores, $(java -version 2>&1 | head -1), load $(cut -d' ' -f1 /proc/loadavg)"
javac -d "$out/classes" bench/Replays.java
for count in 1 "$replays"; do
  java -cp "$out/classes" Replays 127.0.0.1:$gateway_port "$run" "$count"
done
