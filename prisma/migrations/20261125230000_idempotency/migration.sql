-- What a client asked for under a key of its own, so that a request that is sent twice is done once. An answer that holds a
-- secret is not kept.
CREATE TABLE "idempotency_key" (
    "principal" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "fingerprint" BYTEA NOT NULL,
    "status" INTEGER,
    "answer" TEXT,
    "receipt" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("principal", "key")
);

CREATE INDEX "idempotency_key_created_at_idx" ON "idempotency_key"("created_at");

GRANT SELECT, INSERT, UPDATE, DELETE ON "idempotency_key" TO intramuros_runtime;
