-- $1 a cohort, or null for all of them
select status::text from read_standing.cohort where id = $1 or $1 is null order by id;
