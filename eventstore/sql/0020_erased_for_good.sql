-- Erasing lasts: a roster that is saved again does not bring back who was erased. The application cannot see who that
-- is, so saving goes through a function, and through it alone.

create function pairloom.save_people(in_cohort text, people text[], profiles json[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    lock table pairloom.person in row exclusive mode; -- waits for an erasure, so that the next statement sees it
    insert into pairloom.person (cohort, person_id, profile)
    select in_cohort, p.person_id, p.profile
      from unnest(people, profiles) as p (person_id, profile)
     where not exists (select
                         from pairloom.person_key k
                        where k.cohort = in_cohort and k.person_id = p.person_id and k.erased_at is not null)
        on conflict (cohort, person_id) do update set profile = excluded.profile;
end;
$$;

create or replace function pairloom.erase_person(in_cohort text, person text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    lock table pairloom.person in share row exclusive mode; -- waits for rosters that are being saved
    select pairloom.erase_keys(in_cohort, array[person]);
    delete from pairloom.person p where p.cohort = in_cohort and p.person_id = person;
$$;

revoke insert, update on pairloom.person from pairloom_app;
revoke all on function pairloom.save_people from public;
grant execute on function pairloom.save_people to pairloom_app;
