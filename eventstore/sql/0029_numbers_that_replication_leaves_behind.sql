-- Logical replication brings rows and no sequences. The first publication elsewhere sets the numbers of events ahead
-- (0025), but who stored an event there before it got a number that was taken, and the event passed for published.
--
-- So the numbers are set ahead while the rows still come: whoever brings a row of the sequencer has brought what was
-- published with it. The million is for what was stored and not yet published. Nothing of this runs where events are
-- stored, published or restored: only for the worker that applies what another database has sent.

create function pairloom.keep_numbers_ahead() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    taken constant bigint := greatest(
        (select max(f.event_no) from pairloom.feed f), (select max(s.position) from pairloom.sequencer s));
begin
    perform setval('pairloom.event_event_no_seq', taken + 1000000)
       from pairloom.event_event_no_seq numbers
      where numbers.last_value < taken + 500000;
    return null;
end;
$$;

revoke all on function pairloom.keep_numbers_ahead from public;

create trigger sequencer_has_come
    after insert or update on pairloom.sequencer
    for each row execute function pairloom.keep_numbers_ahead();

alter table pairloom.sequencer enable replica trigger sequencer_has_come;
