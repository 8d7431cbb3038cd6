"""Alive, ready, measured."""


def test_a_running_deployment_is_alive_and_ready(deployment):
    client = deployment.client(None)
    assert client.get("/health/live").json() == {"status": "ok"}
    ready = client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json()["checks"] == dict.fromkeys(
        ("sql", "redis", "graph", "kernels", "mirror"), "ok"
    )
