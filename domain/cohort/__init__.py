"""A cohort: people enrol, are matched, approved, launched, reviewed every week, and evaluated."""
