"""The rules as data: every point is one row; the code that carries a row out is chosen by its `kind`."""

from .table import RULE_SETS, Rule, RuleSet, rule_set

__all__ = ["RULE_SETS", "Rule", "RuleSet", "rule_set"]
