-- A refund without units that come back was marked as if they had.
UPDATE refund SET restocked_at = NULL
 WHERE restocked_at IS NOT NULL AND NOT (lines @> '[{"restock": true}]'::jsonb);
