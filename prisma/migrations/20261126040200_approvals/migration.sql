-- What became of an operator's decision, and under which key it was asked. What was written down together with its effect is
-- done; of what was sent to a saga before there was an outcome nobody can say.
ALTER TABLE "operator_action"
  ADD COLUMN "outcome" TEXT NOT NULL DEFAULT 'DONE',
  ADD COLUMN "answer" TEXT,
  ADD COLUMN "reference" TEXT,
  ADD COLUMN "request_key" TEXT,
  ADD COLUMN "settled_at" TIMESTAMPTZ(3);
UPDATE operator_action SET outcome = 'ASKED' WHERE action IN ('retry', 'skip', 'resolve');
ALTER TABLE operator_action
  ADD CONSTRAINT operator_action_outcome_is_known CHECK (outcome IN ('WAITING', 'ASKED', 'DONE', 'REFUSED')),
  ADD CONSTRAINT operator_action_refused_says_why CHECK (outcome <> 'REFUSED' OR answer IS NOT NULL);

-- CreateIndex
CREATE UNIQUE INDEX "operator_action_request_key_key" ON "operator_action"("request_key");

-- CreateTable
CREATE TABLE "approval" (
    "id" BIGSERIAL NOT NULL,
    "action_id" BIGINT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'PENDING',
    "asked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "decided_by" TEXT,
    "decided_at" TIMESTAMPTZ(3),
    "reason" TEXT,

    CONSTRAINT "approval_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "approval_action_id_key" ON "approval"("action_id");

-- AddForeignKey
ALTER TABLE "approval" ADD CONSTRAINT "approval_action_id_fkey" FOREIGN KEY ("action_id") REFERENCES "operator_action"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE approval
  ADD CONSTRAINT approval_state_is_known CHECK (state IN ('PENDING', 'APPROVED', 'REJECTED')),
  ADD CONSTRAINT approval_decided_by_somebody CHECK (
    CASE WHEN state = 'PENDING' THEN decided_by IS NULL AND decided_at IS NULL ELSE decided_by IS NOT NULL AND decided_at IS NOT NULL END);
