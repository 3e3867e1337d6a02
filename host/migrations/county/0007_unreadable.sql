-- What did not open is looked for at every start.

CREATE INDEX event_status ON event (status);
