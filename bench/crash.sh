#!/usr/bin/env bash
# The crash test at length: kills the gateway under load, on both databases and with PostgreSQL stopped as well, and
# compares what clients hold with what is stored. Ends with 0 where nothing is lost; prints rounds, runs and bytes.
#
#   bench/crash.sh [rounds] [option of Maven...]     100 rounds: about ten minutes each, three times
#   bench/crash.sh 100 -Dcrash.seed=12345            the same moments again
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rounds="${1:-100}"
shift || true
./mvnw -B -q verify -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false -Dit.test=CrashIT -Dcrash.rounds="$rounds" "$@"
