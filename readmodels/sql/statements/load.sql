-- $1 a cohort, $2 the first day, $3 the day behind the last: what lands on whom in which week (Monday, UTC)
with landing as (
    select m.recipient as person, m.deliver_after as at, 1 as messages, 0 as meetings, 0 as minutes
      from pairloom.message m
     where m.stream_id >= 'pairing/' || $1 || '/' and m.stream_id < 'pairing/' || $1 || '0' -- '0' follows '/'
       and m.deliver_after >= $2::timestamptz and m.deliver_after < $3::timestamptz
     union all
    select h.participant, h.starts_at, 0, 1, h.minutes
      from read_standing.meeting h
     where h.cohort = $1 and h.starts_at >= $2::timestamptz and h.starts_at < $3::timestamptz
)
select person, date_trunc('week', at at time zone 'UTC')::date as week,
       sum(messages)::integer as messages, sum(meetings)::integer as meetings, sum(minutes)::integer as minutes
  from landing
 group by person, week
 order by week, minutes desc, messages desc, person;
