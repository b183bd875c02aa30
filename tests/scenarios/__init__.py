"""What must hold however Noyo, Slack and people behave, one scenario for each rule, on the whole system."""
