-- Accounts of a company's directory beside the local ones, the tenant that an account works for, and bearer tokens.
ALTER TABLE "account"
    ALTER COLUMN "password_hash" DROP NOT NULL,
    ADD COLUMN "source" TEXT NOT NULL DEFAULT 'local',
    ADD COLUMN "subject" TEXT,
    ADD COLUMN "tenant" TEXT,
    ADD COLUMN "disabled_at" TIMESTAMPTZ(3),
    ADD COLUMN "last_sign_in_at" TIMESTAMPTZ(3);

CREATE TABLE "access_token" (
    "id" UUID NOT NULL,
    "account" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "mark" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "access_token_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "access_token_hash_key" ON "access_token"("hash");
CREATE INDEX "access_token_account_idx" ON "access_token"("account");
CREATE INDEX "access_token_expires_at_idx" ON "access_token"("expires_at");

ALTER TABLE "access_token" ADD CONSTRAINT "access_token_account_fkey"
    FOREIGN KEY ("account") REFERENCES "account"("name") ON DELETE CASCADE ON UPDATE CASCADE;

-- A local account has a password, an account of a directory has the directory's own name for the person.
ALTER TABLE "account"
    ADD CONSTRAINT "account_source_check" CHECK (
        ("source" = 'local' AND "password_hash" IS NOT NULL AND "subject" IS NULL)
        OR ("source" IN ('oidc', 'ldap') AND "password_hash" IS NULL AND "subject" IS NOT NULL));
ALTER TABLE "access_token" ADD CONSTRAINT "access_token_hash_check" CHECK (octet_length("hash") = 32);

GRANT SELECT, INSERT, UPDATE, DELETE ON "access_token" TO intramuros_runtime;
