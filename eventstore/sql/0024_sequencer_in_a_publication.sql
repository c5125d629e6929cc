-- A publication of all tables, which moves a database to another cluster or server release, refuses updates of a table
-- without an identity: nothing would be published any more.

alter table pairloom.sequencer replica identity full;
