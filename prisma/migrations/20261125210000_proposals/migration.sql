-- Who asked for a generation of a resource, who approved it, and the record of it.
ALTER TABLE "resource_revision" ADD COLUMN "applied_by" TEXT, ADD COLUMN "approved_by" TEXT, ADD COLUMN "receipt" TEXT;

-- Changes that wait for a second person. What is asked for is written once; only the decision is added, and the one who
-- proposed cannot be the one who approved.
CREATE TABLE "proposal" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "wanted" JSON,
    "base" JSON,
    "base_uid" UUID,
    "base_generation" BIGINT,
    "reason" TEXT NOT NULL DEFAULT '',
    "proposed_by" TEXT NOT NULL,
    "proposed_subject" TEXT,
    "proposed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "receipt" TEXT,
    "state" TEXT NOT NULL DEFAULT 'pending',
    "decided_by" TEXT,
    "decided_subject" TEXT,
    "decided_at" TIMESTAMPTZ(3),
    "decision_receipt" TEXT,

    CONSTRAINT "proposal_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "proposal_state" CHECK ("state" IN ('pending', 'approved', 'rejected', 'withdrawn', 'expired')),
    CONSTRAINT "proposal_two_persons" CHECK (
        "state" <> 'approved'
        OR ("decided_by" IS NOT NULL AND "decided_by" <> "proposed_by"
            AND "decided_subject" IS DISTINCT FROM coalesce("proposed_subject", '')))
);
CREATE INDEX "proposal_state_proposed_at_idx" ON "proposal"("state", "proposed_at");
CREATE INDEX "proposal_kind_name_proposed_at_idx" ON "proposal"("kind", "name", "proposed_at");
GRANT SELECT, INSERT ON "proposal" TO intramuros_runtime;
GRANT UPDATE ("state", "decided_by", "decided_subject", "decided_at", "decision_receipt") ON "proposal" TO intramuros_runtime;

-- Gateways that run, and the policies that they answer under.
CREATE TABLE "gateway" (
    "name" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "policies" JSON NOT NULL,

    CONSTRAINT "gateway_pkey" PRIMARY KEY ("name")
);
GRANT SELECT, INSERT, UPDATE, DELETE ON "gateway" TO intramuros_runtime;
