-- append_event (0026) for several events of one command. What is no batch, of none or of more than a thousand, is not
-- written either: its caller asks the function of 0014, which says so.

create function pairloom.append_events(
    stream text, expected integer,
    command uuid, correlation uuid, causation uuid,
    role text, actor text, origin text, key text, program integer,
    event_ids uuid[], types text[], schema_versions integer[], occurred timestamptz[], datas json[]
) returns integer
language sql security definer
begin atomic
    insert into pairloom.event (
        stream_id, version, event_id, type, schema_version, command_id, command_seq, command_size,
        correlation_id, causation_id, actor_role, actor_id, source, idempotency_key, program_version,
        occurred_at, data)
    select stream, expected + n, e.event_id, e.type, e.schema_version, command, n - 1, cardinality(event_ids),
           correlation, causation, role, actor, origin, key, program,
           e.occurred_at, e.data
      from unnest(event_ids, types, schema_versions, occurred, datas)
           with ordinality as e (event_id, type, schema_version, occurred_at, data, n)
     where cardinality(event_ids) between 1 and 1000
       and expected = coalesce((
               select e.version from pairloom.event e where e.stream_id = stream order by e.version desc limit 1), 0)
    returning expected + cardinality(event_ids);
end;

-- With the messages that go out with the last of them.
create function pairloom.append_events_with_messages(
    stream text, expected integer,
    command uuid, correlation uuid, causation uuid,
    role text, actor text, origin text, key text, program integer,
    event_ids uuid[], types text[], schema_versions integer[], occurred timestamptz[], datas json[],
    message_ids uuid[], recipients text[], templates text[], deliver_afters timestamptz[], abouts json[]
) returns integer
language sql security definer
begin atomic
    with appended as materialized (  -- once, however the join below is made
        select pairloom.append_events(
                   stream, expected, command, correlation, causation, role, actor, origin, key, program,
                   event_ids, types, schema_versions, occurred, datas) as version
    ),
    put_out as (
        insert into pairloom.message (message_id, stream_id, version, recipient, template, deliver_after, about)
        select m.message_id, stream, a.version, m.recipient, m.template, m.deliver_after, m.about
          from appended a,
               unnest(message_ids, recipients, templates, deliver_afters, abouts)
                   as m (message_id, recipient, template, deliver_after, about)
         where a.version is not null
    )
    select version from appended;
end;

revoke all on function pairloom.append_events, pairloom.append_events_with_messages from public;
grant execute on function pairloom.append_events, pairloom.append_events_with_messages to pairloom_app;
