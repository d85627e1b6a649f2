"""What other tools record and hand out, read as posts, profiles and addresses: one file for each form."""
