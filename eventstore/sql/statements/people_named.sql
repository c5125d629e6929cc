-- $1 cohort, $2 the ids of those that are wanted
select profile from pairloom.person where cohort = $1 and person_id = any($2) order by person_id;
