-- Without messages: five parameters less to send and to bind.
select outcome, first_version, last_version
  from pairloom.append(
           $1, $2,
           $3, $4, $5,
           $6, $7, $8, $9, $10,
           $11, $12, $13, $14, $15);
