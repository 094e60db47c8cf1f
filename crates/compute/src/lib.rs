//! Identical Lambda functions fed by SQS behind load balancers.
