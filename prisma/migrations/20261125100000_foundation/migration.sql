-- Two roles with the least rights. Roles belong to the whole server, so they may be there already, made by its
-- administrator or by another database of ours.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'intramuros_runtime') THEN
    CREATE ROLE intramuros_runtime NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'intramuros_sequencer') THEN
    CREATE ROLE intramuros_sequencer NOLOGIN;
  END IF;
  -- The owner takes these roles on when it connects; a superuser may already.
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    IF NOT pg_has_role(current_user, 'intramuros_runtime', 'MEMBER') THEN
      EXECUTE format('GRANT intramuros_runtime TO %I', current_user);
    END IF;
    IF NOT pg_has_role(current_user, 'intramuros_sequencer', 'MEMBER') THEN
      EXECUTE format('GRANT intramuros_sequencer TO %I', current_user);
    END IF;
  END IF;
END
$$;

-- CreateTable
CREATE TABLE "resource" (
    "kind" TEXT NOT NULL,
    "namespace" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "uid" UUID NOT NULL,
    "resource_version" BIGINT NOT NULL,
    "generation" BIGINT NOT NULL,
    "object" JSON NOT NULL,
    "deleted" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "resource_pkey" PRIMARY KEY ("kind","namespace","name")
);

-- CreateTable
CREATE TABLE "api_key" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "tenant" TEXT NOT NULL,
    "data_class" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" TEXT NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "account" (
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "password_hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "must_change" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "account_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "web_session" (
    "sid" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "web_session_pkey" PRIMARY KEY ("sid")
);

-- CreateTable
CREATE TABLE "audit_epoch" (
    "producer" TEXT NOT NULL,
    "epoch" BIGINT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_epoch_pkey" PRIMARY KEY ("producer","epoch")
);

-- CreateTable
CREATE TABLE "audit_record" (
    "producer" TEXT NOT NULL,
    "epoch" BIGINT NOT NULL,
    "n" BIGINT NOT NULL,
    "receipt" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "tenant" TEXT NOT NULL,
    "intent" TEXT,
    "staged_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "entry" BYTEA NOT NULL,

    CONSTRAINT "audit_record_pkey" PRIMARY KEY ("producer","epoch","n")
);

-- CreateTable
CREATE TABLE "audit_segment" (
    "first_index" BIGINT NOT NULL,
    "producer" TEXT NOT NULL,
    "epoch" BIGINT NOT NULL,
    "first_n" BIGINT NOT NULL,
    "length" INTEGER NOT NULL,

    CONSTRAINT "audit_segment_pkey" PRIMARY KEY ("first_index")
);

-- CreateTable
CREATE TABLE "audit_tile" (
    "level" INTEGER NOT NULL,
    "index" BIGINT NOT NULL,
    "hashes" BYTEA NOT NULL,

    CONSTRAINT "audit_tile_pkey" PRIMARY KEY ("level","index")
);

-- CreateTable
CREATE TABLE "audit_checkpoint" (
    "id" BIGSERIAL NOT NULL,
    "size" BIGINT NOT NULL,
    "root" BYTEA NOT NULL,
    "signed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "note" TEXT NOT NULL,

    CONSTRAINT "audit_checkpoint_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "resource_resource_version_key" ON "resource"("resource_version");

-- CreateIndex
CREATE INDEX "resource_kind_resource_version_idx" ON "resource"("kind", "resource_version");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_prefix_key" ON "api_key"("prefix");

-- CreateIndex
CREATE INDEX "api_key_tenant_name_idx" ON "api_key"("tenant", "name");

-- CreateIndex
CREATE INDEX "web_session_expires_at_idx" ON "web_session"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "audit_record_receipt_key" ON "audit_record"("receipt");

-- CreateIndex
CREATE INDEX "audit_record_intent_idx" ON "audit_record"("intent");

-- CreateIndex
CREATE INDEX "audit_record_staged_at_idx" ON "audit_record" USING BRIN ("staged_at");

-- CreateIndex
CREATE UNIQUE INDEX "audit_segment_producer_epoch_first_n_key" ON "audit_segment"("producer", "epoch", "first_n");

-- CreateIndex
CREATE INDEX "audit_checkpoint_size_idx" ON "audit_checkpoint"("size");

-- The database refuses what no code path of ours writes.
ALTER TABLE "audit_record"
    ADD CONSTRAINT "audit_record_counter_check" CHECK ("epoch" >= 1 AND "n" >= 0),
    ADD CONSTRAINT "audit_record_entry_check" CHECK (octet_length("entry") BETWEEN 1 AND 65535);
ALTER TABLE "audit_segment"
    ADD CONSTRAINT "audit_segment_length_check" CHECK ("length" >= 1 AND "first_index" >= 0);
ALTER TABLE "audit_tile"
    ADD CONSTRAINT "audit_tile_hashes_check" CHECK (octet_length("hashes") = 8192);

-- The runtime works on the ordinary tables, but may only add to the log and read it.
GRANT SELECT, INSERT, UPDATE, DELETE ON "resource", "api_key", "account", "web_session" TO intramuros_runtime;
GRANT SELECT, INSERT ON "audit_epoch", "audit_record" TO intramuros_runtime;
GRANT SELECT ON "audit_segment", "audit_tile", "audit_checkpoint" TO intramuros_runtime;

-- The sequencer puts records in order; it cannot write one, nor change what it has written.
GRANT SELECT ON "audit_epoch", "audit_record" TO intramuros_sequencer;
GRANT SELECT, INSERT ON "audit_segment", "audit_tile", "audit_checkpoint" TO intramuros_sequencer;
GRANT USAGE ON SEQUENCE "audit_checkpoint_id_seq" TO intramuros_sequencer;
