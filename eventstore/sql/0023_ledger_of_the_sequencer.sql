-- Publishing as in 0018, for a dump that is restored in a copy of its own cluster which has come as far as the dump.
--
-- There the identifier is the same and no remembered transaction id lies in the future, but the same id is another
-- transaction: one that is open in the copy may be one that had published in the original, and what is stored in the
-- copy before its first publication may lie below next_xid. A restored table is a new one, though, and has an oid of its
-- own. A standby, a base backup that goes on by itself and a database that is made from another one keep the oid, and
-- their transaction ids are those that they remember.

alter table pairloom.sequencer add column ledger oid; -- a regclass would be dumped by name, and be at home everywhere

comment on column pairloom.sequencer.ledger is 'The oid of pairloom.event where these transaction ids are its own; null: not known, so the next publication enters.';

-- Where something is stored, only a comparison of the tables tells whether it was stored here.
update pairloom.sequencer
   set ledger = 'pairloom.event'::regclass
 where not exists (select from pairloom.event);

create or replace function pairloom.is_at_home(leader pairloom.sequencer) returns boolean
language sql stable
begin atomic
    select leader.cluster = (select system_identifier from pg_control_system())
       and leader.ledger is not distinct from 'pairloom.event'::regclass::oid
       and leader.next_xid <= pg_snapshot_xmax(pg_current_snapshot());
end;

create or replace function pairloom.enter_cluster(leader pairloom.sequencer) returns pairloom.sequencer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
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
           cluster = (select system_identifier from pg_control_system()),
           ledger = 'pairloom.event'::regclass
    returning s.* into leader;
    return leader;
end;
$$;
