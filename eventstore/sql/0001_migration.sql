-- The schema, its three roles, and which of these files this database has.
--
--   pairloom_owner   owns every object; migrations and rebuilds run as it
--   pairloom_app     workers: calls the functions and reads; changes no event
--   pairloom_reader  analysts: reads events, feed and read models; no person, no message
--
-- Roles belong to the whole cluster, so they may be there already, or be made at this very moment by another database.

do $$
declare
    wanted text;
begin
    foreach wanted in array array['pairloom_owner', 'pairloom_app', 'pairloom_reader'] loop
        if not exists (select from pg_roles where rolname = wanted) then
            begin
                execute format('create role %I nologin', wanted);
            exception
                when duplicate_object or unique_violation then null;
                when insufficient_privilege then
                    raise insufficient_privilege using
                        message = format('the role %s is missing and this user may not create it', wanted),
                        hint = 'Create it once as an administrator: create role ' || wanted || ' nologin';
            end;
        end if;
    end loop;
    -- Whoever migrates must be able to act as the owner; a superuser is, without a grant.
    if not (select rolsuper from pg_roles where rolname = current_user)
       and not pg_has_role(current_user, 'pairloom_owner', 'set') then
        execute format('grant pairloom_owner to %I with inherit true, set true', current_user);
    end if;
    execute format('grant create on database %I to pairloom_owner', current_database());
end;
$$;

create schema pairloom authorization pairloom_owner;

set local role pairloom_owner;

create table pairloom.migration (
    name       text collate "C" primary key,
    sha256     text not null,
    applied_at timestamptz not null default clock_timestamp()
);
