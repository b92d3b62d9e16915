/** What trials cost and may cost, what a sweep was expected to cost, and why its search ended early. */
export const budget = `
-- Card-seconds of all attempts so far, also of failed and cancelled ones; NULL: from before version 4, or none.
ALTER TABLE trials ADD COLUMN gpu_seconds REAL CHECK (gpu_seconds BETWEEN 0 AND 1e300);
-- What was set aside for it when it was handed out last, JSON; NULL: no cap.
ALTER TABLE trials ADD COLUMN lease TEXT CHECK (json_valid(lease));
-- When it was handed out last.
ALTER TABLE trials ADD COLUMN started_at TEXT;
-- 1: it came to its node while every slot there was taken.
ALTER TABLE trials ADD COLUMN is_prefetched INTEGER CHECK (is_prefetched IN (0, 1));
-- Of its node, where it was evaluated.
ALTER TABLE trials ADD COLUMN slot TEXT;
-- Of waiting on the node: for the merge, and merged for a slot.
ALTER TABLE trials ADD COLUMN merge_wait_seconds REAL CHECK (merge_wait_seconds BETWEEN 0 AND 1e300);
ALTER TABLE trials ADD COLUMN slot_wait_seconds REAL CHECK (slot_wait_seconds BETWEEN 0 AND 1e300);

-- Why there are no more candidates, where that is not max_trials: a cap.
ALTER TABLE sweeps ADD COLUMN search_ended TEXT;
-- What a trial of each kind was expected to cost before any was measured, JSON.
ALTER TABLE sweeps ADD COLUMN estimate TEXT CHECK (json_valid(estimate));
`;
