-- $1 cohort, $2 person ids, $3 profiles
select pairloom.save_people($1, $2, $3);
