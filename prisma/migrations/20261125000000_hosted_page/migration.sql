-- AlterTable
ALTER TABLE "payment" ADD COLUMN "session_id" TEXT, ADD COLUMN "session_url" TEXT;

-- CreateIndex
CREATE UNIQUE INDEX "payment_session_id_key" ON "payment"("session_id");

ALTER TABLE payment ADD CONSTRAINT payment_address_has_page CHECK (session_url IS NULL OR session_id IS NOT NULL);
