#!/bin/sh
# Makes or updates the two databases of a Temporal server. Safe to run again.
set -eu

versions=/etc/temporal/schema/postgresql/v12

update() {
  database=$1 schema=$2
  sql() { temporal-sql-tool --plugin postgres12 --ep "$POSTGRES_SEEDS" --port "$DB_PORT" --user "$POSTGRES_USER" --db "$database" "$@"; }
  sql create || true # it may exist; where it cannot be made, what follows fails
  # The first version's table is made once; a later run must not start from zero again.
  sql update-schema --schema-dir "$versions/$schema/versioned" || {
    sql setup-schema --version 0.0
    sql update-schema --schema-dir "$versions/$schema/versioned"
  }
}

update temporal temporal
update temporal_visibility visibility
