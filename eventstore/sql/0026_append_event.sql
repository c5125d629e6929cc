-- The write protocol of 0008 for one event, which is what nine commands in ten store, in functions whose names are bound
-- when they are made: they need no search path of their own, which costs a call as much as two indexes, and no caller's
-- search path leads them elsewhere.
--
-- The answer is the event's version, and null where the stream does not stand at `expected`: then nothing was written,
-- and the caller asks why. The unique violations are those of 0008. append_one (0015) stays for servers before
-- PostgreSQL 18, which make the plan of such a body in each call, and for workers of an earlier release.

create function pairloom.append_event(
    stream text, expected integer,
    command uuid, correlation uuid, causation uuid,
    role text, actor text, origin text, key text, program integer,
    event_id uuid, type text, schema_version integer, occurred timestamptz, data json
) returns integer
language sql security definer
begin atomic
    insert into pairloom.event (
        stream_id, version, event_id, type, schema_version, command_id, command_seq, command_size,
        correlation_id, causation_id, actor_role, actor_id, source, idempotency_key, program_version,
        occurred_at, data)
    select stream, expected + 1, event_id, type, schema_version, command, 0, 1,
           correlation, causation, role, actor, origin, key, program,
           occurred, data
     where expected = coalesce((
               select e.version from pairloom.event e where e.stream_id = stream order by e.version desc limit 1), 0)
    returning version;
end;

-- With the messages that go out with the event.
create function pairloom.append_event_with_messages(
    stream text, expected integer,
    command uuid, correlation uuid, causation uuid,
    role text, actor text, origin text, key text, program integer,
    event_id uuid, type text, schema_version integer, occurred timestamptz, data json,
    message_ids uuid[], recipients text[], templates text[], deliver_afters timestamptz[], abouts json[]
) returns integer
language sql security definer
begin atomic
    with appended as materialized (  -- once, however the join below is made
        select pairloom.append_event(
                   stream, expected, command, correlation, causation, role, actor, origin, key, program,
                   event_id, type, schema_version, occurred, data) as version
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

revoke all on function pairloom.append_event, pairloom.append_event_with_messages from public;
grant execute on function pairloom.append_event, pairloom.append_event_with_messages to pairloom_app;
