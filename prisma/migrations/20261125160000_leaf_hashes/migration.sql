-- The hashes of the leaves of a run, as they were integrated: a record that is changed afterwards can then be named, also
-- among the last 256, whose tile is not stored. Runs from before have none.
ALTER TABLE "audit_segment" ADD COLUMN "hashes" BYTEA;
ALTER TABLE "audit_segment"
    ADD CONSTRAINT "audit_segment_hashes_check" CHECK ("hashes" IS NULL OR octet_length("hashes") = 32 * "length");
