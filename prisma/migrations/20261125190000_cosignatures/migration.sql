-- What witnesses cosigned: the checkpoint as a note with their lines. Written by the sequencer, changed by nobody.
CREATE TABLE "audit_cosignature" (
    "id" BIGSERIAL NOT NULL,
    "witness" TEXT NOT NULL,
    "size" BIGINT NOT NULL,
    "root" BYTEA NOT NULL,
    "note" TEXT NOT NULL,
    "cosigned_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "audit_cosignature_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "audit_cosignature_size_idx" ON "audit_cosignature"("size");

GRANT SELECT ON "audit_cosignature" TO intramuros_runtime;
GRANT SELECT, INSERT ON "audit_cosignature" TO intramuros_sequencer;
GRANT USAGE ON SEQUENCE "audit_cosignature_id_seq" TO intramuros_sequencer;
