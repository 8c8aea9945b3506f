-- What a resource asked for before: one row for each generation of its spec, the newest ones kept, so that a person can
-- compare and go back. Rows are never changed.
CREATE TABLE "resource_revision" (
    "kind" TEXT NOT NULL,
    "namespace" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "uid" UUID NOT NULL,
    "generation" BIGINT NOT NULL,
    "applied_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "spec" JSON NOT NULL,

    CONSTRAINT "resource_revision_pkey" PRIMARY KEY ("kind","namespace","name","uid","generation")
);
GRANT SELECT, INSERT, DELETE ON "resource_revision" TO intramuros_runtime;
