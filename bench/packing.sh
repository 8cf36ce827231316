#!/usr/bin/env bash
# Measures packing beside recording, on PostgreSQL: 50 streams of 1,000 events a second each, and 20 of 50 a second, whose delay
# is measured; first without packing, then with it, for an hour: how far packing is behind, what the database takes as time goes
# by, how much of a processor the thread of packing takes, and how late live events are. Needs a JDK 17, a C compiler and curl.
#
#   bench/packing.sh [--minutes N: with packing, 60] [--alone N: minutes without, 5] [--turns N: both so often, in turn, 1]
#                    [--rate N: events a second of each stream, 1000]
#                    [--after TIME: RUNTAPE_PACK_AFTER, 1m] [--against FOLDER: the packaged program in that folder (a copy of
#                    target/quarkus-app) instead]
set -euo pipefail
cd "$(dirname "$0")/.."

app=$PWD/target/quarkus-app minutes=60 alone=5 turns=1 rate=1000 after=1m postgres=17.11.0
while [ $# -gt 0 ]; do
  case "$1" in
    --minutes) minutes=$2; shift ;;
    --alone) alone=$2; shift ;;
    --turns) turns=$2; shift ;;
    --rate) rate=$2; shift ;;
    --after) after=$2; shift ;;
    --against) app=$(realpath "$2"); shift ;;
    *) sed -n '2,9p' "$0" >&2; exit 2 ;;
  esac
  shift
done

out=$PWD/target/bench/packing
agent_port=9390 gateway_port=9391 management_port=9392 database_port=9393
mkdir -p "$out"
[ -f "$app/quarkus-run.jar" ] || ./mvnw -q package -DskipTests
cc -O2 -o "$out/ssebench" bench/ssebench.c -lm
javac -d "$out/classes" bench/Sizes.java

. bench/common.sh
. bench/postgres.sh

"$out/ssebench" serve --port $agent_port & pids+=($!)
wait_for $agent_port

sizes() { java -cp "$out/classes:$(echo "$app"/lib/main/org.postgresql.postgresql-*.jar)" Sizes "jdbc:postgresql://127.0.0.1:$database_port/postgres?user=postgres" "$1"; }
# Seconds of processor that the thread of packing has taken.
packing() { thread_seconds "$gateway_pid" runtape-packing | awk '{ printf "%.1f", $1 }'; }
# load STREAMS RATE EVENTS MINUTES: runs of that many events, for about that long
load() {
  "$out/ssebench" load --target 127.0.0.1:$gateway_port --streams "$1" --runs $(($1 * $2 * $4 * 60 / $3)) --bench "events=$3,rate=$2,size=120" --expect "$3" --pid "$gateway_pid"
}

# measure SCHEMA MINUTES SETTING...
measure() {
  local schema=$1 length=$2 began; shift 2
  env RUNTAPE_UPSTREAM_URL=http://127.0.0.1:$agent_port QUARKUS_HTTP_PORT=$gateway_port QUARKUS_HTTP_HOST=127.0.0.1 \
    RUNTAPE_DATABASE_URL="postgresql://postgres@127.0.0.1:$database_port/postgres" RUNTAPE_DATABASE_SCHEMA="$schema" \
    QUARKUS_MANAGEMENT_PORT=$management_port "$@" java -Xmx352m -XX:+ExitOnOutOfMemoryError -jar "$app/quarkus-run.jar" >"$out/gateway-$schema.log" 2>&1 & gateway_pid=$!
  pids+=("$gateway_pid"); wait_for $gateway_port
  # The JIT's.
  load 50 "$rate" 5000 1 >/dev/null
  load 50 "$rate" 5000 "$length" >"$out/bulk-$schema" & local bulk=$!
  pids+=("$bulk")
  load 20 50 1000 "$length" >"$out/live-$schema" & local live=$!
  pids+=("$live"); began=$(date +%s)
  if [ "$schema" = "packed_$turns" ]; then
    while kill -0 $bulk 2>/dev/null; do
      figures=$(sizes "$schema")
      echo "$figures" | awk -v t=$((($(date +%s) - began) / 60)) -v cpu="$(packing)" '{ printf "%d\t%.1f\t%d\t%.0f\t%.0f\t%.0f\t%s\n", t, $10 / 1e6, $2, $4 / 1e6, $6 / 1e6, $8 / 1e6, cpu }' >>"$out/sizes"
      sleep 30
    done
  fi
  wait $bulk; wait $live
  kill "$gateway_pid"; wait "$gateway_pid" || true
}

rm -f "$out/sizes"
for turn in $(seq "$turns"); do
  measure "unpacked_$turn" "$alone" RUNTAPE_PACK_AFTER=off
  measure "packed_$turn" "$minutes" RUNTAPE_PACK_AFTER="$after"
done

echo "$(date -u +%F), $(nproc) cores, $(java -version 2>&1 | head -1), PostgreSQL $postgres, packed after $after"
echo
echo '| | events a second in bulk | CPU of the gateway, an event (us) | live events late by, p50, p99 (us) | errors |'
echo '| --- | --- | --- | --- | --- |'
for kind in unpacked packed; do
  for turn in $(seq "$turns"); do
    bulk=$(cat "$out/bulk-${kind}_$turn") live=$(cat "$out/live-${kind}_$turn")
    echo "| $kind, turn $turn | $(value events/s "$bulk") | $(value cpu_us_per_event "$bulk") | $(value p50 "$live"), $(value p99 "$live") | $(value errors "$bulk"), $(value errors "$live") |"
  done
done
echo
echo '| minute | events, millions | runs not packed | blocks as recorded (MB) | packed (MB) | all tables (MB) | processor of packing (s) |'
echo '| --- | --- | --- | --- | --- | --- | --- |'
step=$((minutes > 12 ? minutes / 12 : 1))
awk -F'\t' -v step="$step" '$1 % step == 0 && $1 != last { last = $1; printf "| %s | %s | %s | %s | %s | %s | %s |\n", $1, $2, $3, $4, $5, $6, $7 }' "$out/sizes"
