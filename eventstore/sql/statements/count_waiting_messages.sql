-- Messages of the outbox that are due and have not been delivered.
select count(*) from pairloom.message where delivered_at is null and deliver_after <= clock_timestamp();
