-- Read models live in schemas of their own. A rebuild fills a second one beside the live one; switching renames.

create table pairloom.projection (
    name       text collate "C" not null check (name ~ '^[a-z][a-z_]{0,30}$'),
    generation integer not null,
    version    integer not null,
    live       boolean not null,
    created_at timestamptz not null default clock_timestamp(),

    constraint projection_name_generation primary key (name, generation)
);

create unique index projection_live on pairloom.projection (name) where live;
create unique index projection_building on pairloom.projection (name) where not live;

comment on column pairloom.projection.version is 'Of the code that fills it. Only that code works at it.';
comment on column pairloom.projection.generation is 'Counts the builds; the subscription is <name>#<generation>.';

-- The live read model's schema is read_<name>; the one that is being built has its generation behind it.
create function pairloom.schema_of(name text, generation integer, live boolean) returns text
language sql immutable
return 'read_' || name || case when live then '' else '__' || generation end;

-- True when the generation that was being built is the live one now; false while it is still behind.
create function pairloom.switch_projection(projection text) returns boolean
language plpgsql security definer set search_path = pg_catalog as $$
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
end;
$$;
