-- Several installations may share one Stripe account: this names ours there. It is made once and outlives every restart.
-- CreateTable
CREATE TABLE "installation" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "installation" TEXT NOT NULL,

    CONSTRAINT "installation_pkey" PRIMARY KEY ("id")
);
ALTER TABLE installation ADD CONSTRAINT installation_is_one_row CHECK (id = 1);
INSERT INTO installation (id, installation) VALUES (1, gen_random_uuid()::text);

-- AlterTable: null is a payment that an older version opened. It keeps the keys and labels that it was opened with.
ALTER TABLE "payment" ADD COLUMN "installation" TEXT;
ALTER TABLE "webhook_inbox" ADD COLUMN "installation" TEXT;

-- The older version's first key could not be sent for these: no header carries it, or Stripe refuses its length. Nothing
-- of them is at Stripe, so they are opened under the new keys.
UPDATE payment SET installation = i.installation FROM installation i
 WHERE intent_id IS NULL AND session_id IS NULL
   AND (order_id ~ '[^\u0001-\u00ff]' OR octet_length(order_id || ':create:1') > 255);
