-- Who reads the feed, in which shares, and how far. A lease says whose a share is; its epoch fences the holder before.

create table pairloom.subscription (
    name         text collate "C" not null,
    partition    smallint not null,
    position     bigint not null,
    epoch        bigint not null default 0,
    holder       text collate "C",
    leased_until timestamptz,

    constraint subscription_name_partition primary key (name, partition)
) with (fillfactor = 50); -- written with every batch: room for the next version in the same page

comment on column pairloom.subscription.partition is '0 to 63; -1 where one reader takes the whole feed in its one order.';
comment on column pairloom.subscription.position is 'The last event processed, never a mere look: an empty page moves nothing.';
comment on column pairloom.subscription.leased_until is 'By this database''s clock.';

-- Who wants a share, with or without one: so that a newcomer is counted before somebody makes room.
create table pairloom.subscription_reader (
    name       text collate "C" not null,
    reader     text collate "C" not null,
    seen_until timestamptz not null,

    constraint subscription_reader_name_reader primary key (name, reader)
);

-- Renews what the reader holds, up to its fair share, and takes what is free. All that it holds then is returned.
create function pairloom.lease(subscription text, reader text, ttl interval)
returns table (partition smallint, "position" bigint, epoch bigint)
language plpgsql security definer set search_path = pg_catalog as $$
#variable_conflict use_column
declare
    share integer;
begin
    insert into pairloom.subscription_reader (name, reader, seen_until)
    values (subscription, lease.reader, clock_timestamp() + ttl)
        on conflict (name, reader) do update set seen_until = excluded.seen_until;

    select ceil((select count(*) from pairloom.subscription s where s.name = subscription)::numeric / count(*))
      into share
      from pairloom.subscription_reader r
     where r.name = subscription and r.seen_until > clock_timestamp();

    return query
    with mine as (
        select s.partition
          from pairloom.subscription s
         where s.name = subscription
           and (s.holder = lease.reader or s.leased_until is null or s.leased_until <= clock_timestamp())
         order by (s.holder = lease.reader) is true desc, s.partition
         limit share
           for update skip locked
    ), renewed as (
        update pairloom.subscription s
           set epoch = s.epoch + (s.holder is distinct from lease.reader)::integer,
               holder = lease.reader,
               leased_until = clock_timestamp() + ttl
          from mine
         where s.name = subscription and s.partition = mine.partition
        returning s.partition, s.position, s.epoch
    ), given_back as (
        update pairloom.subscription s
           set leased_until = null
         where s.name = subscription and s.holder = lease.reader
           and s.leased_until > clock_timestamp()
           and s.partition not in (select mine.partition from mine)
    )
    select renewed.partition, renewed.position, renewed.epoch from renewed order by renewed.partition;
end;
$$;

create function pairloom.release(subscription text, reader text) returns void
language sql security definer set search_path = pg_catalog
begin atomic
    update pairloom.subscription s
       set leased_until = null
     where s.name = subscription and s.holder = release.reader;
    delete from pairloom.subscription_reader r
     where r.name = subscription and r.reader = release.reader;
end;

-- Every share of a new subscription, from a position on; those that exist stay as they are.
create function pairloom.subscribe(subscription text, shares smallint[], after bigint) returns void
language sql security definer set search_path = pg_catalog
begin atomic
    insert into pairloom.subscription (name, partition, position)
    select subscription, share, after from unnest(shares) as share
        on conflict (name, partition) do nothing;
end;

-- Locks the shares and says whether they still stand where the reader thinks, and are still its own.
create function pairloom.hold(subscription text, shares smallint[], positions bigint[], epochs bigint[])
returns boolean
language plpgsql security definer set search_path = pg_catalog as $$
begin
    perform from pairloom.subscription s
      where s.name = subscription and s.partition = any (shares)
      order by s.partition
        for update;
    return (select count(*) = cardinality(shares)
              from unnest(shares, positions, epochs) as w (partition, position, epoch)
              join pairloom.subscription s
                on s.name = subscription and s.partition = w.partition
               and s.position = w.position and s.epoch = w.epoch);
end;
$$;

-- In the transaction of hold(): what these shares have processed now.
create function pairloom.advance(subscription text, shares smallint[], positions bigint[]) returns void
language sql security definer set search_path = pg_catalog
begin atomic
    update pairloom.subscription s
       set position = w.position
      from unnest(shares, positions) as w (partition, position)
     where s.name = subscription and s.partition = w.partition;
end;
