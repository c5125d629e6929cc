-- Who may do what. Nothing is granted on the ledger but reading; writing it goes through the functions.

revoke all on all functions in schema pairloom from public;
grant usage on schema pairloom to pairloom_app, pairloom_reader;

grant select on all tables in schema pairloom to pairloom_app;
grant insert, update on pairloom.person to pairloom_app;
grant execute on function
    pairloom.append, pairloom.publish, pairloom.lease, pairloom.release, pairloom.hold, pairloom.advance,
    pairloom.subscribe, pairloom.switch_projection, pairloom.schema_of, pairloom.partition_of, pairloom.content,
    pairloom.next_seal, pairloom.seal
    to pairloom_app;

grant select on pairloom.event, pairloom.message, pairloom.feed, pairloom.sequencer, pairloom.subscription, pairloom.projection,
    pairloom.migration
    to pairloom_reader;
grant execute on function
    pairloom.schema_of, pairloom.partition_of, pairloom.content, pairloom.next_seal, pairloom.seal
    to pairloom_reader;
