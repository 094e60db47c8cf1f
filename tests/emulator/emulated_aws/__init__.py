"""moto with what a two-region recovery stack needs beyond it; README.md has the list.

Importing this package changes moto in this process, whether it is then used as a server or through `moto.mock_aws`.
"""

from . import (
    acm,
    awslambda,
    backup,
    cloudwatch,
    dynamodb,
    ec2,
    elbv2,
    kms,
    postgres,
    rds,
    rds_data,
    route53,
    s3,
    secretsmanager,
    sns,
    sqs,
)

__all__ = [
    "acm",
    "awslambda",
    "backup",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "elbv2",
    "kms",
    "postgres",
    "rds",
    "rds_data",
    "route53",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
]
