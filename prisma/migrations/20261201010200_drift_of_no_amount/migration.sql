-- What reconciliation could not read or store waits for a person too, and is of no amount.
-- AlterTable
ALTER TABLE "reconciliation_drift" ALTER COLUMN "amount_minor" DROP NOT NULL,
ALTER COLUMN "currency" DROP NOT NULL;
