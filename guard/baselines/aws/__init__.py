"""AWS's side of baselines. The only modules that import boto3, each only when it is used."""
