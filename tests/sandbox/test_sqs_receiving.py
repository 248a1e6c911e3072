"""What waits in a queue goes to receivers that are there, and to one of them."""

from __future__ import annotations

import http.client
import json
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from sandbox.launch import Sandbox
from tests.sandbox.conftest import Clients
from tests.sandbox.signing import signed


def requests(sandbox: Sandbox) -> int:
    """Return how many requests have reached the embedded AWS."""
    with urllib.request.urlopen(f"{sandbox.url}/_sandbox/health", timeout=5) as answer:
        return int(json.load(answer)["requests"])


def long_poll(sandbox: Sandbox, queue: str) -> http.client.HTTPConnection:
    """Have a worker's question reach the queue, and leave the answer unread."""
    before, until = requests(sandbox), time.monotonic() + 10
    connection = http.client.HTTPConnection(urlsplit(sandbox.url).netloc, timeout=30)
    body = json.dumps({"QueueUrl": queue, "WaitTimeSeconds": 20}).encode()
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "AmazonSQS.ReceiveMessage",
    }
    connection.request("POST", "/", body, signed(f"{sandbox.url}/", "sqs", body, headers))
    while requests(sandbox) == before:
        assert time.monotonic() < until
    return connection


def test_a_message_does_not_go_to_a_receiver_that_has_gone(sandbox: Sandbox, client: Clients):
    sqs = client("sqs")
    queue = sqs.create_queue(QueueName="left")["QueueUrl"]
    long_poll(sandbox, queue).close()
    sqs.send_message(QueueUrl=queue, MessageBody="for whoever is there")
    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=0)["Messages"]
    assert message["Body"] == "for whoever is there"


def test_a_receiver_that_waits_gets_what_comes_later(sandbox: Sandbox, client: Clients):
    sqs = client("sqs")
    queue = sqs.create_queue(QueueName="later")["QueueUrl"]
    waiting = long_poll(sandbox, queue)
    sqs.send_message(QueueUrl=queue, MessageBody="late")
    (message,) = json.load(waiting.getresponse())["Messages"]
    assert message["Body"] == "late"
    waiting.close()


def test_what_comes_into_sight_again_goes_to_a_receiver_that_waits(client: Clients):
    sqs = client("sqs")
    queue = sqs.create_queue(QueueName="again")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="twice")
    (first,) = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=1)["Messages"]
    (second,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    assert second["MessageId"] == first["MessageId"]


def test_each_message_goes_to_one_of_many_receivers(client: Clients):
    sqs = client("sqs")
    queue = sqs.create_queue(QueueName="many")["QueueUrl"]
    sent = {sqs.send_message(QueueUrl=queue, MessageBody="once")["MessageId"] for _ in range(40)}

    def receive(_: int) -> list[Any]:
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=2, WaitTimeSeconds=1)
        return [message["MessageId"] for message in answer.get("Messages", [])]

    with ThreadPoolExecutor(8) as receivers:
        received = [message_id for some in receivers.map(receive, range(20)) for message_id in some]
    assert sorted(received) == sorted(sent)
