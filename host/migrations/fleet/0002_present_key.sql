-- The key whose certificates are let in: once a new card has used its token, the former card's are refused.

ALTER TABLE terminal ADD COLUMN present_key BLOB; -- SHA-256 of the public key; NULL, not known: any certificate of the number

UPDATE terminal SET present_key = token_key;
