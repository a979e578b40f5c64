//! The published figures, propositions and theorems, recomputed: each claim with what is expected and what is found.
