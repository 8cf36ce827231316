#!/usr/bin/env bash
# Measures retention: how fast a backlog of packed runs goes, its frames alone (RUNTAPE_RETENTION_FRAMES, whose transcripts are
# made first) and whole runs (RUNTAPE_RETENTION), on PostgreSQL and on H2, while other runs are recorded; and what that does to
# the delay of those. Each gateway has just started: retention begins with the start. With --warm the backlog becomes due when the
# gateway is warm, at the pace at which it was recorded, which may be less than that of retention: for the delays. Needs a JDK 17, a
# C compiler and curl.
#
#   bench/retention.sh [--runs N: runs of 500 events in each backlog, 2000] [--live N: streams of 50 events a second, 20]
#                      [--warm] [--only PostgreSQL|H2] [--against FOLDER: the packaged program in that folder (a copy of target/quarkus-app) instead]
set -euo pipefail
cd "$(dirname "$0")/.."

app=$PWD/target/quarkus-app only='' warm=0 runs=2000 live=20 postgres=17.11.0
while [ $# -gt 0 ]; do
  case "$1" in
    --runs) runs=$2; shift ;;
    --live) live=$2; shift ;;
    --warm) warm=1 ;;
    --only) only=$2; shift ;;
    --against) app=$(realpath "$2"); shift ;;
    *) sed -n '2,9p' "$0" >&2; exit 2 ;;
  esac
  shift
done

out=$PWD/target/bench/retention
agent_port=9350 gateway_port=9351 management_port=9352 database_port=9353
mkdir -p "$out"
[ -f "$app/quarkus-run.jar" ] || ./mvnw -q package -DskipTests
cc -O2 -o "$out/ssebench" bench/ssebench.c -lm

. bench/common.sh
. bench/postgres.sh

"$out/ssebench" serve --port $agent_port & pids+=($!)
wait_for $agent_port

metric() { curl -sf "127.0.0.1:$management_port/q/metrics" | awk -v name="$1" '$1 ~ "^" name "({|$)" { sum += $2 } END { printf "%d\n", sum }'; }
now() { date +%s%3N; }
# Milliseconds of processor that the thread of retention has taken; they count alike on a busy machine.
worked() { thread_seconds "$gateway_pid" runtape-retention | awk '{ print 1000 * $1 }'; }

gateway() {
  env RUNTAPE_UPSTREAM_URL=http://127.0.0.1:$agent_port QUARKUS_HTTP_PORT=$gateway_port QUARKUS_HTTP_HOST=127.0.0.1 \
    QUARKUS_MANAGEMENT_PORT=$management_port "$@" java -Xmx352m -XX:+ExitOnOutOfMemoryError -jar "$app/quarkus-run.jar" >"$out/gateway.log" 2>&1 & gateway_pid=$!
  pids+=("$gateway_pid"); wait_for $gateway_port
}
end_gateway() { kill "$gateway_pid"; wait "$gateway_pid" || true; }
# live [EVENTS: of each stream, 1000]
live() { "$out/ssebench" load --target 127.0.0.1:$gateway_port --streams "$live" --runs "$live" --body '{"agent":"live"}' --bench "events=${1:-1000},rate=50,size=120" --expect "${1:-1000}"; }
# Twelve seconds, after which the JIT has compiled what recording needs.
warm_up() { [ $warm = 0 ] || live 600 >/dev/null; }

# backlog AGENT SETTING...: records the runs of a backlog, and waits until they are packed
backlog() {
  local agent=$1; shift
  gateway RUNTAPE_PACK_AFTER=100ms "$@"
  recorded=$(date +%s)
  "$out/ssebench" load --target 127.0.0.1:$gateway_port --streams 50 --runs "$runs" --body "{\"agent\":\"$agent\",\"prompt\":\"Go on.\"}" --bench 'events=500,rate=0,size=120' --expect 500 >/dev/null
  until [ "$(metric runtape_packed_runs_total)" -ge "$runs" ]; do sleep 0.5; done
  end_gateway
}

# gone METRIC COUNT: frames a second, from the first look that finds some gone
gone() {
  local metric=$1 all=$2 began='' first=0 seen
  while :; do
    seen=$(metric "$metric")
    if [ -z "$began" ] && [ "$seen" -gt 0 ]; then began=$(now); first=$seen; fi
    [ "$seen" -lt "$all" ] || break
    sleep 0.1
  done
  echo $(((seen - first) * 1000 / ($(now) - began + 1)))
}

# measure NAME SETTING...
measure() {
  local name=$1 alone with rate cpu what setting agent due load; shift
  backlog thin "$@"
  gateway RUNTAPE_PACK_AFTER=off "$@"
  warm_up
  alone=$(live)
  end_gateway
  for what in frames runs; do
    [ $what = frames ] && { setting=FRAMES_AFTER; agent=thin; } || { setting=AFTER; agent=old; backlog old "$@"; }
    [ $warm = 0 ] && due=1 || due=$(($(date +%s) - recorded + 18))
    # What is recorded meanwhile stays, by the agent.
    gateway RUNTAPE_PACK_AFTER=off RUNTAPE_RETENTION_RULES_OLD_AGENT=$agent RUNTAPE_RETENTION_RULES_OLD_$setting=${due}s "$@"
    warm_up
    live >"$out/live" & load=$!
    [ $what = frames ] && rate=$(gone runtape_expired_frames_total $((runs * 500))) || rate=$(($(gone runtape_expired_runs_total "$runs") * 500))
    cpu=$(worked)
    wait $load || true
    with=$(cat "$out/live")
    echo "| $name, $what | $rate | $((cpu * 1000 * 1000 / (runs * 500))) | $(value p50 "$alone") / $(value p99 "$alone") | $(value p50 "$with") / $(value p99 "$with") |"
    end_gateway
  done
}

echo "$(date -u +%F), $(nproc) cores, $(java -version 2>&1 | head -1), load before $(cut -d' ' -f1 /proc/loadavg), backlogs of $runs runs of 500 events, beside $live live streams of 50 events a second"
echo
echo '| | frames a second | ns of processor a frame, its thread | delay of live events without, p50 / p99 (us) | with |'
echo '| --- | --- | --- | --- | --- |'
[ "$only" = H2 ] || measure PostgreSQL RUNTAPE_DATABASE_URL="postgresql://postgres@127.0.0.1:$database_port/postgres"
rm -rf "$out/data"
[ "$only" = PostgreSQL ] || measure H2 RUNTAPE_DATA_DIR="$out/data"
