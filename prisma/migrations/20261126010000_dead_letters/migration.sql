-- CreateEnum
CREATE TYPE "dead_letter_state" AS ENUM ('OPEN', 'REDRIVING', 'REDRIVEN', 'DISCARDED');

-- CreateTable
CREATE TABLE "dead_letter" (
    "id" BIGSERIAL NOT NULL,
    "letter_topic" TEXT NOT NULL,
    "letter_partition" INTEGER NOT NULL,
    "letter_offset" BIGINT NOT NULL,
    "origin_topic" TEXT,
    "origin_partition" INTEGER,
    "origin_offset" BIGINT,
    "origin_group" TEXT,
    "key" TEXT,
    "event_id" TEXT,
    "order_id" TEXT,
    "error" TEXT,
    "attempts" INTEGER,
    "headers" JSONB NOT NULL,
    "value" BYTEA,
    "state" "dead_letter_state" NOT NULL DEFAULT 'OPEN',
    "buried_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "settled_at" TIMESTAMPTZ(3),

    CONSTRAINT "dead_letter_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "dead_letter_letter_topic_letter_partition_letter_offset_key" ON "dead_letter"("letter_topic", "letter_partition", "letter_offset");

-- CreateIndex
CREATE INDEX "dead_letter_order_id_idx" ON "dead_letter"("order_id");

-- What is open or on its way: few rows among many. Prisma's schema cannot say it.
CREATE INDEX dead_letter_unsettled ON dead_letter (letter_topic, state) WHERE state IN ('OPEN', 'REDRIVING');

ALTER TABLE dead_letter
  ADD CONSTRAINT dead_letter_settled_has_time CHECK ((state IN ('REDRIVEN', 'DISCARDED')) = (settled_at IS NOT NULL)),
  ADD CONSTRAINT dead_letter_goes_back_to_its_origin CHECK (state NOT IN ('REDRIVING', 'REDRIVEN') OR origin_topic IS NOT NULL);

-- What is done to a dead letter is written down as well. The audit outlives what it is about: no foreign key.
ALTER TABLE "operator_action" ADD COLUMN "dead_letter_id" BIGINT;
ALTER TABLE operator_action
  DROP CONSTRAINT operator_action_is_about_something,
  ADD CONSTRAINT operator_action_is_about_something CHECK (order_id IS NOT NULL OR event_id IS NOT NULL OR dead_letter_id IS NOT NULL);

-- CreateIndex
CREATE INDEX "operator_action_dead_letter_id_idx" ON "operator_action"("dead_letter_id");
