"""The least that AWS must allow: printed, so that nobody has to guess it."""

from __future__ import annotations

import json

from guard.baselines import sql

_READ = {
    "insights": ["logs:StartQuery", "logs:GetQueryResults", "logs:StopQuery"],
    "filter-log-events": ["logs:FilterLogEvents"],
    "lambda-insights": ["cloudwatch:GetMetricData"],
}
_LISTS = ["cloudwatch:GetMetricData", "logs:GetQueryResults", "logs:StopQuery"]
"""Actions that know no resource (service authorization reference)."""


def policy(
    *, source: str, partition: str = "aws", bucket: str = "", table: str = "", results: str = "",
    groups: str = "/aws/lambda/*",
) -> str:  # fmt: skip
    """An IAM policy document for one source; ``bucket`` the store's or the archive's as ``name/prefix``."""
    actions = _READ.get(source, [])
    statements: list[dict[str, object]] = [
        {
            "Sid": "FindFunctions",
            "Effect": "Allow",
            "Action": ["lambda:ListFunctions", "logs:DescribeLogGroups", *[one for one in actions if one in _LISTS]],
            "Resource": "*",
        },
        {
            "Sid": "FindAliases",
            "Effect": "Allow",
            "Action": "lambda:ListAliases",
            "Resource": f"arn:{partition}:lambda:*:*:function:*",
        },
    ]
    reads = [one for one in actions if one not in _LISTS]
    if reads:
        statements.append(
            {
                "Sid": "ReadReports",
                "Effect": "Allow",
                "Action": reads,
                "Resource": [
                    f"arn:{partition}:logs:*:*:log-group:{groups}",
                    f"arn:{partition}:logs:*:*:log-group:{groups}:*",
                ],
            }
        )
    if source == "athena":
        statements.extend(_athena(partition, bucket, table, results))
    elif bucket:
        name, _, key = bucket.partition("/")
        statements.append(
            {
                "Sid": "KeepBaselines",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": f"arn:{partition}:s3:::{name}/{key or '*'}",
            }
        )
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2) + "\n"


def _athena(partition: str, archive: str, table: str, results: str) -> list[dict[str, object]]:
    database, _, name = table.rpartition(".")
    source, output = ((one or name).partition("/")[0] for one, name in ((archive, "ARCHIVE"), (results, "RESULTS")))
    return [
        {
            "Sid": "RunStatements",
            "Effect": "Allow",
            "Action": [
                "athena:StartQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults",
                "athena:StopQueryExecution",
            ],
            "Resource": f"arn:{partition}:athena:*:*:workgroup/*",
        },
        {
            "Sid": "ReadTable",
            "Effect": "Allow",
            "Action": ["glue:GetTable", "glue:GetPartitions", "glue:GetDatabase"],
            "Resource": [
                f"arn:{partition}:glue:*:*:catalog", f"arn:{partition}:glue:*:*:database/{database or 'default'}",
                f"arn:{partition}:glue:*:*:table/{database or 'default'}/{name or 'lambda_logs'}",
            ],
        },
        {
            "Sid": "ReadArchive",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": [f"arn:{partition}:s3:::{source}", f"arn:{partition}:s3:::{source}/*"],
        },
        {
            "Sid": "KeepResults",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:GetBucketLocation"],
            "Resource": [f"arn:{partition}:s3:::{output}", f"arn:{partition}:s3:::{output}/*"],
        },
    ]  # fmt: skip


def table_definition(table: str, location: str) -> str:
    """The statement that makes the archive's table; ``location`` is ``s3://bucket/prefix/``."""
    return sql.TABLE.replace("$table", table).replace("$location", location.replace("'", ""))
