-- $1 a cohort, or null for all of them
select status::text from read_standing.pairing where cohort = $1 or $1 is null order by cohort, id;
