-- Use by minute, model and tenant: sums only. Gateways add to it; rows older than what the usage view shows are removed.
CREATE TABLE "usage_minute" (
    "minute" TIMESTAMPTZ(0) NOT NULL,
    "model" TEXT NOT NULL,
    "tenant" TEXT NOT NULL,
    "requests" BIGINT NOT NULL,
    "errors" BIGINT NOT NULL,
    "prompt_tokens" BIGINT NOT NULL,
    "completion_tokens" BIGINT NOT NULL,
    "duration_ms" BIGINT NOT NULL,
    "queue_ms" BIGINT NOT NULL,
    "first_token_ms" BIGINT NOT NULL,
    "first_tokens" BIGINT NOT NULL,

    CONSTRAINT "usage_minute_pkey" PRIMARY KEY ("minute", "model", "tenant")
);
GRANT SELECT, INSERT, UPDATE, DELETE ON "usage_minute" TO intramuros_runtime;
