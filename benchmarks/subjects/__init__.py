"""What is measured, ours and the references: workflows, their workers, the commands sent to them."""
