-- Which of these files this database has. The runner writes a row in the transaction of the file itself.

create schema pairloom;

create table pairloom.migration (
    name       text collate "C" primary key,
    sha256     text not null,
    applied_at timestamptz not null default clock_timestamp()
);
