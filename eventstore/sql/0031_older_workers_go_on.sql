-- Pinned workflows need workers of the release that began them for as long as they run: such a worker must be able to
-- start again, too, when a newer release has migrated the database. It refuses where that has made something that it
-- cannot work with, and only there.

alter table pairloom.migration add column stops_older boolean not null default false;

comment on column pairloom.migration.stops_older is
    'Workers of a release that does not know this migration cannot work with what it made.';
