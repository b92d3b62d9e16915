"""The warm evaluator: merges with mergekit and scores with lm-eval in one process that stays."""
