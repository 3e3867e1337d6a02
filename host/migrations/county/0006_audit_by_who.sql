-- Whether somebody was told to wait is asked on every try.

CREATE INDEX audit_who ON audit (who, at);
