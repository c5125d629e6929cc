-- Publishing: number what has become visible since the last snapshot. Called again and again, by any number of workers.
--
-- Identity values become visible out of order, so "greater than the last one" loses events. What a snapshot did not
-- see, the next one may: an event is new if its transaction was open at the last snapshot, or had not begun. Each
-- statement below sees one snapshot, and the one that reads the events is the one that is remembered.
--
-- Inside a stream the order holds: version n + 1 is written by somebody who saw n, so n's event_no is lower, and no
-- snapshot sees n + 1 without n. A transaction that stays open, here or in another database, delays only its own events.

create function pairloom.publish(out published bigint, out head bigint)
language plpgsql security definer
set search_path = pg_catalog
-- The newest transactions are beyond every statistic; only the index is ever right.
set enable_seqscan = off
set plan_cache_mode = force_custom_plan as $$
declare
    leader pairloom.sequencer;
    seen pg_snapshot;
begin
    select s.* into leader from pairloom.sequencer s;
    head := leader.position;
    published := 0;
    if leader.cluster = (select system_identifier from pg_control_system())
       and not pairloom.unpublished(leader) then
        return; -- an idle look writes nothing
    end if;

    select s.* into leader from pairloom.sequencer s for update skip locked;
    if not found then
        published := null; -- somebody else is at it
        return;
    end if;
    if leader.cluster <> (select system_identifier from pg_control_system()) then
        leader := pairloom.enter_cluster(leader);
    end if;

    with now as materialized (
        select pg_current_snapshot() as snapshot
    ), fresh as (
        select e from pairloom.event e where e.xid >= leader.next_xid and e.event_no > leader.floor
        union all
        select e from pairloom.event e where e.xid = any (leader.open) and e.event_no > leader.floor
    ), written as (
        insert into pairloom.feed (position, event_no, stream_id, version, partition, seal)
        select leader.position + row_number() over in_order, (e).event_no, (e).stream_id, (e).version,
               pairloom.partition_of((e).stream_id), pairloom.seal(leader.seal, pairloom.content(e)) over in_order
          from fresh
        window in_order as (order by (e).event_no)
        returning position
    )
    select (select now.snapshot from now), count(*), coalesce(max(written.position), leader.position)
      into seen, published, head
      from written;

    update pairloom.sequencer s
       set position = head,
           seal = coalesce((select f.seal from pairloom.feed f where f.position = head), s.seal),
           next_xid = pg_snapshot_xmax(seen),
           open = array(select pg_snapshot_xip(seen));
    if head > leader.position then
        perform pg_notify('pairloom_feed', head::text);
    end if;
end;
$$;

create function pairloom.unpublished(leader pairloom.sequencer) returns boolean
language sql stable
set enable_seqscan = off
begin atomic
    select exists (select from pairloom.event e where e.xid >= leader.next_xid and e.event_no > leader.floor)
        or exists (select from pairloom.event e where e.xid = any (leader.open) and e.event_no > leader.floor);
end;

-- After a restore into another cluster the stored transaction ids mean nothing, and new ones may be lower. What is not
-- in the feed is published once, by comparing the tables, and everything that is there now lies below the floor.
create function pairloom.enter_cluster(leader pairloom.sequencer) returns pairloom.sequencer
language plpgsql security definer set search_path = pg_catalog as $$
begin
    lock table pairloom.event in share row exclusive mode; -- nobody writes below the floor after this

    insert into pairloom.feed (position, event_no, stream_id, version, partition, seal)
    select leader.position + row_number() over in_order, (e).event_no, (e).stream_id, (e).version,
           pairloom.partition_of((e).stream_id), pairloom.seal(leader.seal, pairloom.content(e)) over in_order
      from (select e from pairloom.event e
             where not exists (select from pairloom.feed f where f.event_no = e.event_no)) as missing
    window in_order as (order by (e).event_no);

    update pairloom.sequencer s
       set position = coalesce((select max(f.position) from pairloom.feed f), 0),
           seal = coalesce((select f.seal from pairloom.feed f order by f.position desc limit 1), s.seal),
           next_xid = pg_snapshot_xmax(pg_current_snapshot()),
           open = array(select pg_snapshot_xip(pg_current_snapshot())),
           floor = coalesce((select max(e.event_no) from pairloom.event e), 0),
           cluster = (select system_identifier from pg_control_system())
    returning s.* into leader;
    return leader;
end;
$$;
