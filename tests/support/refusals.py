"""Answers that say no, as all of them do."""

import httpx


def problem_of(answer: httpx.Response, status: int, code: str) -> dict:
    """The body of an answer that says no as all of them do."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["detail"]
    return body
