-- The ledger. A stream is a workflow id; its events are numbered from 1 without gaps.

create table pairloom.event (
    stream_id       text collate "C" not null,
    version         integer not null check (version > 0),
    event_no        bigint not null generated always as identity,
    xid             xid8 not null default pg_current_xact_id(),
    event_id        uuid not null,
    type            text not null,
    schema_version  integer not null,
    command_id      uuid not null,
    command_seq     integer not null,
    command_size    integer not null,
    correlation_id  uuid not null,
    causation_id    uuid,
    actor_role      text not null,
    actor_id        text not null,
    source          text not null,
    idempotency_key text not null,
    program_version integer not null,
    occurred_at     timestamptz not null,
    recorded_at     timestamptz not null default clock_timestamp(),
    data            json not null,

    constraint event_stream_version primary key (stream_id, version)
);

comment on column pairloom.event.event_no is 'Order of writing. Not a position: numbers become visible out of order.';
comment on column pairloom.event.xid is 'The writing transaction: how publish() tells what became visible since its last snapshot.';
comment on column pairloom.event.command_seq is 'From 0 to command_size - 1 inside the command''s batch.';
comment on column pairloom.event.occurred_at is 'The effective time, by the workflow''s clock.';
comment on column pairloom.event.recorded_at is 'The time of writing, by this database''s clock.';
comment on column pairloom.event.data is 'json, not jsonb: the bytes stay as they were written.';

-- One command writes a stream once, whatever version its repetition expects.
create unique index event_stream_command on pairloom.event (stream_id, command_id) where command_seq = 0;

create index event_xid on pairloom.event (xid);
