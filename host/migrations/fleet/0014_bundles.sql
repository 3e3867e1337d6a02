-- For which devices a RAUC bundle is.
ALTER TABLE artifact ADD COLUMN compatible TEXT; -- as its manifest says, once its signature was checked, NULL, not checked or no bundle
