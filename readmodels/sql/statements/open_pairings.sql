-- $1 a cohort, or null for all of them: the pairings with something open
select status::text from read_standing.pairing where (cohort = $1 or $1 is null) and open_items > 0 order by cohort, id;
