-- The keys under which people's answers are sealed, each wrapped by the master key, which the database never sees.
-- Erasing a key makes the answers unreadable for ever and leaves every stream and its seals as they are.

create table pairloom.person_key (
    cohort    text collate "C" not null,
    person_id text collate "C" not null,
    wrapped   bytea,
    made_at   timestamptz not null default clock_timestamp(),
    erased_at timestamptz,

    constraint person_key_cohort_person_id primary key (cohort, person_id),
    constraint person_key_erased_for_good check ((wrapped is null) = (erased_at is not null))
);

comment on table pairloom.person_key is 'A row without a key is an erased one: no other key is ever made for it.';

-- The person's key; `candidate` becomes it where there is none yet. Null where it was erased.
create function pairloom.key_of(in_cohort text, person text, candidate bytea) returns bytea
language plpgsql security definer set search_path = pg_catalog as $$
declare
    found_key bytea;
begin
    select k.wrapped into found_key from pairloom.person_key k where k.cohort = in_cohort and k.person_id = person;
    if found then
        return found_key;
    end if;
    insert into pairloom.person_key (cohort, person_id, wrapped) values (in_cohort, person, candidate)
    on conflict do nothing;
    select k.wrapped into found_key from pairloom.person_key k where k.cohort = in_cohort and k.person_id = person;
    return found_key;
end;
$$;

-- Keys that exist, by person; no row for an erased one.
create function pairloom.keys_of(in_cohort text, people text[]) returns table (person_id text, wrapped bytea)
language sql stable security definer set search_path = pg_catalog as $$
    select k.person_id, k.wrapped
      from pairloom.person_key k
     where k.cohort = in_cohort and k.person_id = any (people) and k.wrapped is not null;
$$;

-- One key that exists, to try a master key on.
create function pairloom.any_key() returns table (cohort text, person_id text, wrapped bytea)
language sql stable security definer set search_path = pg_catalog as $$
    select k.cohort, k.person_id, k.wrapped from pairloom.person_key k where k.wrapped is not null limit 1;
$$;

-- Erase keys; safe to repeat. Answers with how many were erased now. A person without a key never gets one.
create function pairloom.erase_keys(in_cohort text, people text[]) returns integer
language plpgsql security definer set search_path = pg_catalog as $$
declare
    erased integer;
begin
    insert into pairloom.person_key as k (cohort, person_id, erased_at)
    select in_cohort, p, clock_timestamp() from unnest(people) p
    on conflict (cohort, person_id) do update
       set wrapped = null, erased_at = excluded.erased_at
     where k.wrapped is not null;
    get diagnostics erased = row_count;
    return erased;
end;
$$;

-- Everything that names the person: the key and the row of the roster.
create function pairloom.erase_person(in_cohort text, person text) returns void
language sql security definer set search_path = pg_catalog as $$
    select pairloom.erase_keys(in_cohort, array[person]);
    delete from pairloom.person p where p.cohort = in_cohort and p.person_id = person;
$$;

revoke all on function pairloom.key_of, pairloom.keys_of, pairloom.any_key, pairloom.erase_keys,
    pairloom.erase_person from public;
grant execute on function pairloom.key_of, pairloom.keys_of, pairloom.any_key, pairloom.erase_keys,
    pairloom.erase_person to pairloom_app;
