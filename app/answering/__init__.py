"""From a question to an answer whose every sentence points at its source."""
