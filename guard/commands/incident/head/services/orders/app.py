import os

import requests
from confluent_kafka import Producer

producer = Producer({"bootstrap.servers": os.environ.get("KAFKA", "")})


def handler(event, context):
    for records in event["records"].values():
        for record in records:
            requests.post(os.environ["SINK_URL"], data=record["value"], timeout=5)
            producer.produce("orders-seen", record["value"])
    producer.flush()
