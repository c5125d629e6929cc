-- What was erased stays in the table's pages until they are vacuumed, which by default waits for fifty dead rows. Here
-- one is enough.

alter table pairloom.person set (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);
alter table pairloom.person_key set (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);
