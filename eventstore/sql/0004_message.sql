-- The outbox: written in the transaction of the events that cause it, delivered by somebody else.

create table pairloom.message (
    message_id    uuid not null,
    stream_id     text collate "C" not null,
    version       integer not null,
    recipient     text not null,
    template      text not null,
    deliver_after timestamptz not null,
    about         json not null,
    created_at    timestamptz not null default clock_timestamp(),
    delivered_at  timestamptz,

    constraint message_message_id primary key (message_id)
);

comment on column pairloom.message.version is 'The last event of the batch that caused the message.';
comment on column pairloom.message.recipient is 'A participant id or role:<role>; names and addresses are in person only.';

create index message_stream_version on pairloom.message (stream_id, version);

create index message_undelivered on pairloom.message (deliver_after) where delivered_at is null;
