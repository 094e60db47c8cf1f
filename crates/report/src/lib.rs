//! Findings as text, JSON, SARIF, JUnit and friends.
