"""AWS on one machine: DynamoDB and its stream, Lambda, API Gateway, schedules, KMS and Secrets Manager."""
