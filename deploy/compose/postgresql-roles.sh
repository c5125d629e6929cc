#!/bin/sh
# Runs once, on an empty database: a user for Temporal, a user and a database for Pairloom. Neither is a superuser,
# and neither may make users: the three roles that Pairloom's migrations look for are made here.
set -eu

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
  --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-postgres}" \
  --set temporal="$TEMPORAL_DB_PASSWORD" --set pairloom="$PAIRLOOM_DB_PASSWORD" <<'SQL'
create role temporal login createdb password :'temporal';
create role pairloom_owner nologin;
create role pairloom_app nologin;
create role pairloom_reader nologin;
create role pairloom login password :'pairloom' in role pairloom_owner, pairloom_app;
create database pairloom owner pairloom;
SQL
