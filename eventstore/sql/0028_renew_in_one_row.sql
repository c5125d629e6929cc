-- Leasing as in 0010, but who renews writes one row, and not each share again: 64 rows every three seconds, which is
-- 230 megabytes of write-ahead log a day of a store where nothing happens.
--
-- A share belongs to its holder for as long as he is seen, and at least until `leased_until`, which others look at where
-- they cannot see him yet. Two who both take themselves for the holder are told apart by the epoch, as before, when they
-- write. Who renews counts as seen, however long he has waited to do so: there were no readers to share with, and a
-- division by nought.
--
-- It also clears away the rows of readers that were killed, and those of subscriptions that are gone: nobody else would.
-- Behind an outage all readers renew at once, each the row that another one takes for abandoned: what somebody has in
-- hand is passed over, or they would wait for each other.

comment on column pairloom.subscription.leased_until is
    'Null: given back. Else the share is its holder''s until then at least, and for as long as he is seen.';

create or replace function pairloom.lease(subscription text, reader text, ttl interval)
returns table (partition smallint, "position" bigint, epoch bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    share integer;
    held integer;
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
     where r.name = subscription and (r.seen_until > clock_timestamp() or r.reader = lease.reader);

    select count(*) into held
      from pairloom.subscription s
     where s.name = subscription and s.holder = lease.reader and s.leased_until is not null;

    if held < share then
        with free as (
            select s.partition
              from pairloom.subscription s
             where s.name = subscription
               and (s.leased_until is null
                    or s.leased_until <= clock_timestamp() and s.holder <> lease.reader
                       and not exists (select
                                         from pairloom.subscription_reader r
                                        where r.name = s.name and r.reader = s.holder
                                          and r.seen_until > clock_timestamp()))
             order by s.partition
             limit share - held
               for update of s skip locked
        )
        update pairloom.subscription s
           set epoch = s.epoch + (s.holder is distinct from lease.reader)::integer,
               holder = lease.reader,
               leased_until = clock_timestamp() + ttl
          from free
         where s.name = subscription and s.partition = free.partition;
    elsif held > share then
        with too_much as (
            select s.partition
              from pairloom.subscription s
             where s.name = subscription and s.holder = lease.reader and s.leased_until is not null
             order by s.partition
            offset share
               for update skip locked
        )
        update pairloom.subscription s
           set leased_until = null
          from too_much
         where s.name = subscription and s.partition = too_much.partition;
    end if;

    return query
    select s.partition, s.position, s.epoch
      from pairloom.subscription s
     where s.name = subscription and s.holder = lease.reader and s.leased_until is not null
     order by s.partition;
end;
$$;
