"""Many texts as few: templates of log forms. Pure functions, the same for any order of what they are given."""
