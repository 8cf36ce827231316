#!/usr/bin/env bash
# Measures lists of runs with filters, pairs of filters and other orders, with hits and without, on PostgreSQL: a million runs of
# one owner over a year, over loopback, one request after the other, once the gateway is warm. With --stats: stats instead, with the
# sums of ten million runs. Needs a JDK 17 and curl.
#
#   bench/filters.sh [--stats] [--runs N: 1000000, or 10000000] [--requests N: of each query, 200] [--against FOLDER: the packaged
#                    program in that folder (a copy of target/quarkus-app) instead]
set -euo pipefail
cd "$(dirname "$0")/.."

app=$PWD/target/quarkus-app runs='' measured=facet.Filters requests=200 postgres=17.11.0
while [ $# -gt 0 ]; do
  case "$1" in
    --stats) measured=stats.Stats ;;
    --runs) runs=$2; shift ;;
    --requests) requests=$2; shift ;;
    --against) app=$(realpath "$2"); shift ;;
    *) sed -n '2,7p' "$0" >&2; exit 2 ;;
  esac
  shift
done

out=$PWD/target/bench/filters
gateway_port=9361 management_port=9362 database_port=9363
mkdir -p "$out"
[ -f "$app/quarkus-run.jar" ] || ./mvnw -q package -DskipTests

. bench/common.sh
. bench/postgres.sh

env RUNTAPE_DATABASE_URL="postgresql://postgres@127.0.0.1:$database_port/postgres" RUNTAPE_DATA_DIR="$out/data" RUNTAPE_PACK_AFTER=off \
  QUARKUS_HTTP_PORT=$gateway_port QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_MANAGEMENT_PORT=$management_port \
  java -Xmx352m -jar "$app/quarkus-run.jar" >"$out/gateway.log" 2>&1 & pids+=($!)
wait_for $gateway_port
# The owner of the runs is the one of this credential.
curl -sSf "127.0.0.1:$gateway_port/v1/run" -H 'Content-Type: application/json' -H 'X-API-Key: rt_test_bench' -d '{"agent":"code-assistant","prompt":"Go on."}' -o /dev/null

echo "$(date -u +%F), $(nproc) cores, $(java -version 2>&1 | head -1)"
classes="$app/lib/main/*:$app/app/*"
[ -n "$runs" ] || case $measured in stats.Stats) runs=10000000 ;; *) runs=1000000 ;; esac
javac -proc:none -cp "$classes" -d "$out/classes" bench/Requests.java "bench/${measured#*.}.java"
java -cp "$out/classes:$classes" "io.runtape.$measured" "127.0.0.1:$gateway_port" \
  "jdbc:postgresql://127.0.0.1:$database_port/postgres" "$runs" "$requests"
