-- CreateTable
CREATE TABLE "dispute" (
    "id" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "provider_status" TEXT NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "currency" VARCHAR(3) NOT NULL,
    "reason" TEXT NOT NULL,
    "due_by" TIMESTAMPTZ(3),
    "taken_minor" BIGINT NOT NULL DEFAULT 0,
    "asks" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "dispute_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "fraud_warning" (
    "id" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "fraud_warning_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "dispute_order_id_idx" ON "dispute"("order_id");

-- CreateIndex
CREATE INDEX "fraud_warning_order_id_idx" ON "fraud_warning"("order_id");

-- AddForeignKey
ALTER TABLE "dispute" ADD CONSTRAINT "dispute_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "fraud_warning" ADD CONSTRAINT "fraud_warning_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE dispute
  ADD CONSTRAINT dispute_state_is_known CHECK (state IN ('WARNING', 'OPEN', 'UNDER_REVIEW', 'WON', 'LOST', 'CLOSED', 'UNKNOWN')),
  ADD CONSTRAINT dispute_amount_positive CHECK (amount_minor > 0),
  ADD CONSTRAINT dispute_taken_range CHECK (taken_minor BETWEEN 0 AND amount_minor);

-- A sale that comes after its release was told, of money that came late, is newer than the release.
ALTER TABLE "products_view"."hold" ADD COLUMN "seq" INTEGER NOT NULL DEFAULT 0, ADD COLUMN "was" TEXT;
