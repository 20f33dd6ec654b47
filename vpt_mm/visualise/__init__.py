"""Pictures of what prompts do."""
