-- How long a key is valid, what it may ask for, how much, and when it was used last.
ALTER TABLE "api_key"
    ADD COLUMN "expires_at" TIMESTAMPTZ(3),
    ADD COLUMN "models" TEXT[] NOT NULL DEFAULT '{}',
    ADD COLUMN "requests_per_minute" INTEGER,
    ADD COLUMN "tokens_per_minute" INTEGER,
    ADD COLUMN "last_used_at" TIMESTAMPTZ(3),
    ADD COLUMN "replaced_by" TEXT;

CREATE INDEX "api_key_created_at_id_idx" ON "api_key"("created_at" DESC, "id" DESC);
