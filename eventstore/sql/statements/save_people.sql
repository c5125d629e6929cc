-- $1 cohort, $2 person ids, $3 profiles
insert into pairloom.person (cohort, person_id, profile)
select $1, p.person_id, p.profile
  from unnest($2::text[], $3::json[]) as p (person_id, profile)
    on conflict (cohort, person_id) do update set profile = excluded.profile;
