# For the other scripts here, which source it: the processes that a script starts end with it, and so does the PostgreSQL of
# bench/postgres.sh; waiting for a port; reading figures, and what a thread takes of a processor.
pids=()
stop() { for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; wait; [ -z "${pg_started:-}" ] || stop_postgres; }
trap stop EXIT

wait_for() { for _ in $(seq 600); do (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return; sleep 0.1; done; echo "nothing listens on $1" >&2; exit 1; }
# value NAME REPORT: out of a report of names and values, such as ssebench's
value() { awk -v name="$1" '{ for (i = 1; i < NF; i++) if ($i == name) { print $(i + 1); exit } }' <<<"$2"; }
# thread_seconds PID NAME: what the thread has taken of a processor so far; the system keeps 15 characters of its name
thread_seconds() { local task; for task in /proc/"$1"/task/*; do [ "$(cat "$task/comm")" != "${2:0:15}" ] || awk '{ print ($14 + $15) / 100 }' "$task/stat"; done; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
