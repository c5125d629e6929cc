-- $1 cohort
select profile from pairloom.person where cohort = $1 order by person_id;
