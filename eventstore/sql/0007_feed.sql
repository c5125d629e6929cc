-- The one global order that readers see: dense positions, given when an event has become visible to everybody.

create function pairloom.partition_of(stream text) returns smallint
language sql stable parallel safe -- stable, as convert_to is: only so it is inlined
return get_byte(sha256(convert_to(stream, 'UTF8')), 0) % 64;

comment on function pairloom.partition_of is 'One of 64 virtual partitions, the same on every server and release.';

create table pairloom.feed (
    position  bigint not null,
    event_no  bigint not null,
    stream_id text collate "C" not null,
    version   integer not null,
    partition smallint not null,
    seal      bytea not null,

    constraint feed_position primary key (position),
    constraint feed_event_no unique (event_no)
);

comment on column pairloom.feed.seal is 'SHA-256 of the seal before it and this event''s content: a changed event breaks every later one.';

create index feed_partition_position on pairloom.feed (partition, position);

create trigger feed_is_append_only
    before update or delete or truncate on pairloom.feed
    for each statement execute function pairloom.refuse_change();

-- One row: how far publishing has come. Its lock makes the leader.
create table pairloom.sequencer (
    position bigint not null,
    seal     bytea not null,
    next_xid xid8 not null,
    open     xid8[] not null,
    floor    bigint not null,
    cluster  bigint not null
);

comment on column pairloom.sequencer.next_xid is 'Transactions from this one on had not begun at the last snapshot.';
comment on column pairloom.sequencer.open is 'Transactions before next_xid that were still open at the last snapshot.';
comment on column pairloom.sequencer.floor is 'Events up to this event_no were published when the cluster was entered; their xid means nothing here.';
comment on column pairloom.sequencer.cluster is 'The cluster whose transaction ids these are.';

insert into pairloom.sequencer (position, seal, next_xid, open, floor, cluster)
select 0, '\x', '0', '{}', 0, system_identifier from pg_control_system();
