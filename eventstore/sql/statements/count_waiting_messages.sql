-- Messages of the outbox that are due and have not been delivered; of more than $1, so many are counted.
-- Ordered, and by a moment that is one for the whole statement, so that only the index is ever right.
select count(*)
  from (select from pairloom.message
         where delivered_at is null and deliver_after <= statement_timestamp()
         order by deliver_after
         limit $1) as due;
