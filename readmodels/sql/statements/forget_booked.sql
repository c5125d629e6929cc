-- $1 cohorts, $2 for each a pairing: what is booked in it is written again from its state
delete from meeting m
 using unnest($1::text[], $2::text[]) as gone (cohort, pairing)
 where m.cohort = gone.cohort and m.pairing = gone.pairing and not m.held;
