-- Leasing as in 0010, which also clears away the rows of readers that were killed, and those of subscriptions that are
-- gone: nobody else would.
--
-- Behind an outage all readers renew at once, each the row that another one takes for abandoned: what somebody has in
-- hand is passed over, or they would wait for each other.

create or replace function pairloom.lease(subscription text, reader text, ttl interval)
returns table (partition smallint, "position" bigint, epoch bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    share integer;
begin
    insert into pairloom.subscription_reader (name, reader, seen_until)
    values (subscription, lease.reader, clock_timestamp() + ttl)
        on conflict (name, reader) do update set seen_until = excluded.seen_until;

    delete from pairloom.subscription_reader r
     using (select gone.name, gone.reader
              from pairloom.subscription_reader gone
             where gone.seen_until < clock_timestamp() - interval '1 hour'
               for update skip locked) as abandoned
     where r.name = abandoned.name and r.reader = abandoned.reader;

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
