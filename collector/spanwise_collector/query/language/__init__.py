"""The search language: text in, a syntax tree out. docs/query-language.md is its manual."""
