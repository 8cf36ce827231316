#!/usr/bin/env bash
# Measures what the index takes of a processor for runs with long requests: a gateway on H2 with the built-in agent records runs of
# one conversation of about that many KiB, and its indexing thread and the whole process are timed until all of them are in the stats.
# The programs take turns. Needs Python 3 and curl.
#
#   bench/indexing.sh [--kib 480] [--runs 60] [--rounds 2] [--against FOLDER]     a packaged application to compare with
set -euo pipefail
cd "$(dirname "$0")/.."

kib=480 runs=60 rounds=2 against=''
while [ $# -gt 0 ]; do
  case "$1" in
    --kib) kib=$2; shift ;;
    --runs) runs=$2; shift ;;
    --rounds) rounds=$2; shift ;;
    --against) against=$(realpath "$2"); shift ;;
    *) sed -n '2,6p' "$0" >&2; exit 2 ;;
  esac
  shift
done

out=$PWD/target/bench/indexing
gateway_port=9341 management_port=9342
rm -rf "$out"; mkdir -p "$out"
./mvnw -q package -DskipTests
cp -r target/quarkus-app "$out/this"
. bench/common.sh

# Twenty messages of words.
python3 - "$kib" >"$out/body.json" <<'PYTHON'
import json, random, sys
random.seed(1)
words = 'alpha beta gamma delta deploy the server of request and check health fix bug'.split()
text = lambda: ' '.join(random.choice(words) for _ in range(int(sys.argv[1]) * 1024 // 20 // 6))
messages = [{'role': ('user', 'assistant')[i % 2], 'content': text()} for i in range(20)]
print(json.dumps({'agent': 'demo', 'prompt': 'burst', 'messages': messages}))
PYTHON

record() { for _ in $(seq "$1"); do curl -sSN -o /dev/null "127.0.0.1:$gateway_port/v1/run" -H 'Content-Type: application/json' --data-binary "@$out/body.json"; done; }
indexed() { until curl -sS "127.0.0.1:$gateway_port/history/v1/stats" | grep -q "\"runs\":$1[,}]"; do sleep 0.2; done; }
# Seconds of a processor so far: those of the indexing thread, and those of the whole gateway.
taken() { echo "$(thread_seconds "$1" runtape-indexing) $(awk '{ print ($14 + $15) / 100 }' "/proc/$1/stat")"; }

# measure NAME FOLDER: the milliseconds a run that the thread and the process take, once warm
measure() {
  local gateway before
  rm -rf "$out/data"
  RUNTAPE_DATA_DIR="$out/data" RUNTAPE_PACK_AFTER=off QUARKUS_HTTP_PORT=$gateway_port QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_MANAGEMENT_PORT=$management_port \
    java -Xmx512m -jar "$2/quarkus-run.jar" >"$out/$1.log" 2>&1 & gateway=$!
  pids+=("$gateway"); wait_for $gateway_port
  record $((runs / 2)); indexed $((runs / 2))
  before=$(taken "$gateway")
  record "$runs"; indexed $((runs / 2 + runs))
  echo "$before $(taken "$gateway")" | awk -v n="$runs" '{ print 1000 * ($3 - $1) / n, 1000 * ($4 - $2) / n }' >>"$out/figures-$1"
  kill "$gateway"; wait "$gateway" || true
}

names=(this)
[ -z "$against" ] || names+=(other)
for _ in $(seq "$rounds"); do
  measure this "$out/this"
  [ -z "$against" ] || measure other "$against"
done
echo "$(date -u +%F), $(nproc) cores, requests of $(wc -c <"$out/body.json") bytes; milliseconds of a processor a run, in each round: indexing, all"
for name in "${names[@]}"; do echo "$name: $(paste -sd'|' "$out/figures-$name")"; done
