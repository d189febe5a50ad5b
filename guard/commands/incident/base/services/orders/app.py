import os

import requests


def handler(event, context):
    for records in event["records"].values():
        for record in records:
            requests.post(os.environ["SINK_URL"], data=record["value"], timeout=5)
