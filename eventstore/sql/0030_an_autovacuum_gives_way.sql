-- Behind a restore the first thing that comes to the ledger is an autovacuum, which holds it for as long as it takes.
-- It gives way to whoever has waited for a deadlock_timeout, a second: who asks for half a second at a time (0025) never
-- has, compared the tables in vain again and again, and nothing was published meanwhile.

alter function pairloom.enter_cluster(pairloom.sequencer) set lock_timeout = '1500ms';
