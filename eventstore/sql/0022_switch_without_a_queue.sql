-- Switching as in 0011, without a queue: dropping the old tables waits for whoever is reading them, and everybody who
-- comes to read or to project waits behind that. Whoever reads for long is waited for by asking again.

-- True when the generation that was being built is the live one now; false while it is still behind, or somebody holds
-- what has to go.
create or replace function pairloom.switch_projection(projection text) returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '500ms' as $$
declare
    old pairloom.projection;
    new pairloom.projection;
begin
    perform from pairloom.projection p where p.name = projection order by p.generation for update;
    select p.* into new from pairloom.projection p where p.name = projection and not p.live;
    if not found then
        return true; -- somebody else has switched
    end if;
    select p.* into old from pairloom.projection p where p.name = projection and p.live;
    -- Whoever writes a read model holds these rows first, so nothing moves from here on.
    perform from pairloom.subscription s
      where s.name in (projection || '#' || old.generation, projection || '#' || new.generation)
      order by s.name, s.partition
        for update;
    if exists (select
                 from pairloom.subscription mark
                 join pairloom.subscription s
                   on s.name = projection || '#' || new.generation and s.partition = mark.partition
                where mark.name = projection || '#' || old.generation
                  and s.position < mark.position) then
        return false;
    end if;
    execute format('drop schema %I cascade', pairloom.schema_of(projection, old.generation, true));
    execute format('alter schema %I rename to %I',
                   pairloom.schema_of(projection, new.generation, false),
                   pairloom.schema_of(projection, new.generation, true));
    delete from pairloom.subscription s where s.name = projection || '#' || old.generation;
    delete from pairloom.projection p where p.name = projection and p.generation = old.generation;
    update pairloom.projection p set live = true where p.name = projection and p.generation = new.generation;
    return true;
exception
    when lock_not_available then
        return false; -- and all that was locked here is free again
end;
$$;
