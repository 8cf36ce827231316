#!/usr/bin/env bash
# Measures the transcripts of one run of 10,000 events, in each form, on PostgreSQL and on H2: how long until the last byte is
# there, over loopback, once the gateway is warm. The events are of two kinds: deltas of one long text, and tool calls with
# their results. Needs a JDK 17 and a C compiler.
#
#   bench/transcripts.sh [--against FOLDER: the packaged program in that folder (a copy of target/quarkus-app) instead]
set -euo pipefail
cd "$(dirname "$0")/.."

app=$PWD/target/quarkus-app postgres=17.11.0
while [ $# -gt 0 ]; do
  case "$1" in
    --against) app=$(realpath "$2"); shift ;;
    *) sed -n '2,6p' "$0" >&2; exit 2 ;;
  esac
  shift
done

out=$PWD/target/bench/transcripts
agent_port=9340 gateway_port=9341 management_port=9342 database_port=9343
mkdir -p "$out"
[ -f "$app/quarkus-run.jar" ] || ./mvnw -q package -DskipTests

. bench/common.sh
. bench/postgres.sh

java bench/TranscriptAgent.java $agent_port & pids+=($!)
wait_for $agent_port

measure() {
  local name=$1 gateway; shift
  rm -rf "$out/data"
  env "$@" RUNTAPE_UPSTREAM_URL=http://127.0.0.1:$agent_port QUARKUS_HTTP_PORT=$gateway_port QUARKUS_HTTP_HOST=127.0.0.1 \
    QUARKUS_MANAGEMENT_PORT=$management_port java -Xmx352m -jar "$app/quarkus-run.jar" >"$out/gateway.log" 2>&1 & gateway=$!
  pids+=("$gateway"); wait_for $gateway_port
  for run in deltas tools; do
    curl -sSf "127.0.0.1:$gateway_port/v1/run" -H 'Content-Type: application/json' -H 'X-API-Key: rt_test_bench' -H "X-Bench: $run" -d '{"prompt":"Go on."}' -o /dev/null
    java bench/Transcripts.java 127.0.0.1:$gateway_port 100 200 | sed "s/^/$name, $run: /"
  done
  kill "$gateway"; wait "$gateway" || true
}

echo "$(date -u +%F), $(nproc) cores, $(java -version 2>&1 | head -1)"
measure PostgreSQL RUNTAPE_DATABASE_URL="postgresql://postgres@127.0.0.1:$database_port/postgres"
measure H2 RUNTAPE_DATA_DIR="$out/data"
