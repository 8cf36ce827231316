#!/usr/bin/env bash
# Measures starts: how long until a gateway on H2 is ready, and how long its first two runs take to their first byte, with an
# agent API on this machine that answers at once. Medians, in turn: the packaged application on the Java that is in the path,
# and, where --java names a JDK 25 or newer, on that and on that with an ahead-of-time cache. Needs a C compiler and curl.
#
#   bench/start.sh [--rounds N] [--java /usr/lib/jvm/some-25/bin/java]
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=5 newer=''
while [ $# -gt 0 ]; do
  case "$1" in
    --rounds) rounds=$2; shift ;;
    --java) newer=$(realpath "$2"); shift ;;
    *) sed -n '2,7p' "$0" >&2; exit 2 ;;
  esac
  shift
done

out=$PWD/target/bench/start
agent_port=9330 gateway_port=9331 management_port=9332
rm -rf "$out"; mkdir -p "$out"
./mvnw -q package -DskipTests
cp -r target/quarkus-app "$out/plain"
if [ -n "$newer" ]; then
  ./mvnw -q package -DskipTests -Dquarkus.package.jar.type=aot-jar -Dquarkus.package.output-directory=bench/start/cached
  (cd "$out/cached" && PATH="$(dirname "$newer"):$PATH" ../../../../docker/train >"$out/train.log" 2>&1)
fi
cc -O2 -o "$out/ssebench" bench/ssebench.c -lm

. bench/common.sh
"$out/ssebench" serve --port $agent_port & pids+=($!)

now() { date +%s%3N; }
first_byte() { curl -sS -o /dev/null -w '%{time_starttransfer}' "127.0.0.1:$gateway_port/v1/run" -H 'Content-Type: application/json' -H 'X-Bench: events=3,rate=0,size=120' -d '{}' | awk '{ print $1 * 1000 }'; }

# start NAME FOLDER JAVA OPTION...: one start, its figures into a file of that name
start() {
  local name=$1 folder=$2 began ready gateway; shift 2
  rm -rf "$out/data"
  began=$(now)
  (cd "$folder" && exec env RUNTAPE_UPSTREAM_URL=http://127.0.0.1:$agent_port RUNTAPE_DATA_DIR="$out/data" QUARKUS_HTTP_PORT=$gateway_port QUARKUS_HTTP_HOST=127.0.0.1 \
    QUARKUS_MANAGEMENT_PORT=$management_port "$@" -XX:+ExitOnOutOfMemoryError -jar quarkus-run.jar >"$out/$name.log" 2>&1) & gateway=$!
  pids+=("$gateway")
  until curl -sf -o /dev/null "127.0.0.1:$management_port/q/health/ready"; do sleep 0.005; done
  ready=$(($(now) - began))
  echo "$ready $(first_byte) $(first_byte) $(awk '/VmRSS/ { print int($2 / 1024) }' /proc/$gateway/status)" >>"$out/figures-$name"
  kill $gateway; wait $gateway || true
}

names=(plain)
for _ in $(seq "$rounds"); do
  start plain "$out/plain" java
  [ -z "$newer" ] || { start newer "$out/plain" "$newer"; start cached "$out/cached" "$newer" -XX:AOTCache=app.aot '-Xlog:aot*=error'; }
done
[ -z "$newer" ] || names+=(newer cached)

echo "$(date -u +%F), $(nproc) cores, $(java -version 2>&1 | head -1)${newer:+, newer: $("$newer" -version 2>&1 | head -1)}, medians of $rounds starts"
echo
echo '| | start to ready (ms) | first byte of the first run (ms) | of the second (ms) | memory then (MiB) |'
echo '| --- | --- | --- | --- | --- |'
for name in "${names[@]}"; do
  echo "| $name | $(cut -d' ' -f1 "$out/figures-$name" | median) | $(cut -d' ' -f2 "$out/figures-$name" | median) | $(cut -d' ' -f3 "$out/figures-$name" | median) | $(cut -d' ' -f4 "$out/figures-$name" | median) |"
done
