-- Pairings whose next clock should have rung at least $1 ago.
select count(*) from read_standing.pairing where next_deadline < clock_timestamp() - $1::interval;
