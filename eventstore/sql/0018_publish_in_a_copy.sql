-- Publishing as in 0009, for two kinds of restore that it did not know.
--
-- A physical copy of a cluster (a base backup, a snapshot of its volume) keeps its identifier and lives a life of its
-- own: transaction ids of the original that are restored there may lie in its future. And where every restored event
-- has a higher transaction id than this cluster has reached, "from next_xid on" is the whole ledger: a look ends where
-- its snapshot ends, for nothing that it sees lies beyond.

-- Whether the sequencer's transaction ids are this cluster's own. None that it has remembered is ever in the future of
-- the cluster where it did.
create function pairloom.is_at_home(leader pairloom.sequencer) returns boolean
language sql stable
begin atomic
    select leader.cluster = (select system_identifier from pg_control_system())
       and leader.next_xid <= pg_snapshot_xmax(pg_current_snapshot());
end;

revoke all on function pairloom.is_at_home from public;
grant execute on function pairloom.is_at_home to pairloom_app, pairloom_reader;

create or replace function pairloom.publish(out published bigint, out head bigint)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
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
    if pairloom.is_at_home(leader) and not pairloom.unpublished(leader) then
        return; -- an idle look writes nothing
    end if;

    select s.* into leader from pairloom.sequencer s for update skip locked;
    if not found then
        published := null; -- somebody else is at it
        return;
    end if;
    if not pairloom.is_at_home(leader) then
        leader := pairloom.enter_cluster(leader);
    end if;

    with now as materialized (
        select pg_current_snapshot() as snapshot
    ), fresh as (
        select e
          from pairloom.event e
         where e.xid >= leader.next_xid and e.xid < pg_snapshot_xmax(pg_current_snapshot())
           and e.event_no > leader.floor
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

create or replace function pairloom.unpublished(leader pairloom.sequencer) returns boolean
language sql stable
set enable_seqscan = off
begin atomic
    select exists (select
                     from pairloom.event e
                    where e.xid >= leader.next_xid and e.xid < pg_snapshot_xmax(pg_current_snapshot())
                      and e.event_no > leader.floor)
        or exists (select from pairloom.event e where e.xid = any (leader.open) and e.event_no > leader.floor);
end;
