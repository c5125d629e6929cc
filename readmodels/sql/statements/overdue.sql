-- Pairings whose next clock should have rung at least $1 ago; of more than $2, so many are counted.
-- Ordered, and by a moment that is one for the whole statement, so that only the index is ever right.
select count(*)
  from (select from read_standing.pairing
         where next_deadline < statement_timestamp() - $1::interval
         order by next_deadline
         limit $2) as late;
