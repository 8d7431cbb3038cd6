"""What is on record: the story, the proof, the export, the audit."""
