-- Finds records by what they say: blocks of 2,048 records in the order of the log, and for each term of a block which of
-- them it is true of. Derived from the records and never authoritative: what is shown is read from the records themselves,
-- and both tables may be emptied at any time, after which they are filled again.
CREATE TABLE "audit_search_block" (
    "block" BIGINT NOT NULL,
    "version" INTEGER NOT NULL,
    "first_at" TIMESTAMPTZ(3) NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,
    "times" BYTEA NOT NULL,
    "digests" BYTEA NOT NULL,

    CONSTRAINT "audit_search_block_pkey" PRIMARY KEY ("block")
);

CREATE TABLE "audit_search_term" (
    "term" TEXT NOT NULL,
    "block" BIGINT NOT NULL,
    "records" BYTEA NOT NULL,

    CONSTRAINT "audit_search_term_pkey" PRIMARY KEY ("term","block")
);

-- Neither is worth compressing: digests are random, times are read bit by bit.
ALTER TABLE "audit_search_block" ALTER COLUMN "digests" SET STORAGE EXTERNAL;
ALTER TABLE "audit_search_term" ALTER COLUMN "records" SET STORAGE MAIN;

-- The process that puts the log in order fills them; to rebuild them, they are emptied.
GRANT SELECT ON "audit_search_block", "audit_search_term" TO intramuros_runtime;
GRANT SELECT, INSERT, TRUNCATE ON "audit_search_block", "audit_search_term" TO intramuros_sequencer;
