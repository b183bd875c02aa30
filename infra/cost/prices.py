"""AWS's on-demand list prices in US East (N. Virginia) in US dollars, without free tiers.

As of 22 November 2026. Check them before you rely on them: https://aws.amazon.com/pricing/
"""

from dataclasses import dataclass

MILLION, TEN_THOUSAND, GB = 1_000_000, 10_000, 1_000_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    lambda_request: float = 0.20 / MILLION
    lambda_gb_second_arm: float = 0.0000133334
    http_api_request: float = 1.00 / MILLION
    dynamodb_read_unit: float = 0.125 / MILLION
    dynamodb_write_unit: float = 0.625 / MILLION
    dynamodb_gb_month: float = 0.25
    dynamodb_backup_gb_month: float = 0.20
    kms_key_month: float = 1.00
    kms_request: float = 0.03 / TEN_THOUSAND
    secret_month: float = 0.40
    secret_request: float = 0.05 / TEN_THOUSAND
    log_gb: float = 0.50
    log_gb_month: float = 0.03
    metric_month: float = 0.30
    alarm_month: float = 0.10
    dashboard_month: float = 3.00
    email: float = 2.00 / 100_000
    schedule_call: float = 1.00 / MILLION
    upload_gb_month: float = 0.023
    s3_read: float = 0.40 / MILLION
    transfer_gb: float = 0.09


PRICES = Prices()
