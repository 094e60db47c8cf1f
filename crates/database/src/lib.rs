//! Aurora PostgreSQL global database and a DynamoDB global table.
