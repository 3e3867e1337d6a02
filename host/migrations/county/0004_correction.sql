-- The platform's correction of what a header says; the header stays as it was sealed.

ALTER TABLE ticket_case ADD COLUMN corrected_category TEXT; -- id in place of `category`; null: not corrected
ALTER TABLE ticket_case ADD COLUMN corrected_place TEXT; -- id in place of `place`, empty for none; null with the above
