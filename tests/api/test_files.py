"""Files of an order over the API: the bytes in, and the same bytes out."""

import hashlib
import io
import zipfile

import pytest

from api.middleware import MAX_BODY_BYTES
from tests.support.app import VADUZ, WORKING_HOURS
from tests.support.files import JPEG, PDF, SAMPLES, SVG


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture(scope="module")
def vans(office):
    names = ("Van 01", "Van 02")
    bodies = [{"call_sign": name, "shifts": WORKING_HOURS} for name in names]
    return [office.post("/v1/technicians", json=body).json() for body in bodies]


@pytest.fixture
def order(office, vans):
    """An order of the first van."""
    site = office.post("/v1/sites", json={"name": "Bakery", "location": VADUZ}).json()
    body = {"type": "boiler repair", "site_id": site["id"]}
    order = office.post("/v1/work-orders", json=body).json()
    assign = {"technician_id": vans[0]["id"], "force": True, "reason": "test"}
    answer = office.post(f"/v1/work-orders/{order['id']}/assign", json=assign)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def phone(deployment, vans):
    return deployment.client("technician", vans[0]["id"])


def path_of(order):
    return f"/v1/work-orders/{order['id']}/files"


def sent(client, order, content=JPEG, media_type="image/jpeg", **told):
    params = {"kind": "photo"} | told
    headers = {"Content-Type": media_type}
    return client.post(path_of(order), params=params, content=content, headers=headers)


@pytest.mark.capability("FA-066")
def test_a_photo_is_read_listed_told_and_exported_as_it_was_sent(office, phone, vans, order):
    answer = sent(phone, order, name="valve.jpg", taken_at="2026-03-02T09:00:00+01:00")
    assert answer.status_code == 201, answer.text
    file = answer.json()
    assert file["id"] == hashlib.sha256(JPEG).hexdigest()
    assert (file["name"], file["size_bytes"]) == ("valve.jpg", len(JPEG))
    assert (file["taken_at"], file["technician_id"]) == ("2026-03-02T08:00:00Z", vans[0]["id"])
    assert answer.headers["location"] == f"{path_of(order)}/{file['id']}"
    assert office.get(path_of(order)).json() == {"items": [file]}
    read = phone.get(answer.headers["location"])
    assert (read.content, read.headers["content-type"]) == (JPEG, "image/jpeg")
    told = office.get(f"/v1/work-orders/{order['id']}/timeline").json()["items"]
    assert [one["text"] for one in told if one["type"] == "order.file_added"] == [
        "Photo by Van 01: valve.jpg, 1 kB"
    ]
    packed = office.get(f"/v1/work-orders/{order['id']}/export").content
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.read(f"files/{file['id']}.jpg") == JPEG


def test_what_a_phone_sends_twice_is_one_file(phone, order):
    first = sent(phone, order, name="valve.jpg")
    again = sent(phone, order, name="IMG_2.jpg")
    assert (again.status_code, again.json()) == (201, first.json())
    assert phone.get(path_of(order)).json()["items"] == [first.json()]


@pytest.mark.parametrize("media_type", SAMPLES)
def test_no_file_runs_as_ours(office, order, media_type):
    kind = "signature" if media_type == "image/svg+xml" else "document"
    signer = {"signer": "Anna Frick"} if kind == "signature" else {}
    content = SAMPLES[media_type]
    made = sent(office, order, content, media_type, kind=kind, name="Ä;\"'.x", **signer)
    headers = office.get(made.headers["location"]).headers
    assert headers["content-type"] == media_type
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    shown, name = headers["content-disposition"].split("; ", 1)
    assert shown == ("inline" if media_type[-4:] in {"jpeg", "/png", "webp"} else "attachment")
    assert name == "filename*=UTF-8''%C3%84%3B%22%27.x"


def test_what_says_that_it_is_something_else_is_415(office, order):
    for media_type in ("application/json", "text/html", "application/pdf"):
        answer = sent(office, order, PDF, media_type)
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")
        assert "image/jpeg" in answer.json()["detail"]


def test_all_faults_of_a_file_are_told_at_once(office, order):
    answer = sent(office, order, b"<html>", "image/png", kind="signature", name="a/b")
    assert answer.status_code == 422
    assert {one["where"] for one in answer.json()["faults"]} == {"body", "name", "signer"}
    wrong = sent(office, order, kind="selfie", taken_at="yesterday", size=3)
    assert wrong.status_code == 422
    assert office.get(path_of(order)).json() == {"items": []}


def test_more_than_ten_megabytes_are_refused_while_they_come(office, order):
    most = JPEG + bytes(MAX_BODY_BYTES - len(JPEG))
    assert sent(office, order, most).status_code == 201
    assert sent(office, order, most + b".").status_code == 413
    chunks = (JPEG * 1000 for _chunk in range(1000))
    answer = sent(office, order, chunks)
    assert (answer.status_code, answer.json()["code"]) == (413, "content-too-large")
    assert len(office.get(path_of(order)).json()["items"]) == 1


def test_technicians_reach_their_own_orders_and_clients_none(deployment, office, vans, order):
    file = sent(office, order).json()
    others = [deployment.client("technician", vans[1]["id"]), deployment.client("client")]
    for other in others:
        assert sent(other, order, JPEG + b".").status_code == 403
        assert other.get(path_of(order)).status_code == 403
        assert other.get(f"{path_of(order)}/{file['id']}").status_code == 403
    told = others[1].get(f"/v1/work-orders/{order['id']}/timeline").json()["items"]
    assert told
    assert "order.file_added" not in [one["type"] for one in told]
    planner = deployment.client("planner")
    assert sent(planner, order).status_code == 403
    assert planner.get(f"{path_of(order)}/{file['id']}").content == JPEG


def test_a_file_that_the_order_lacks_is_404(office, order):
    assert office.get(f"{path_of(order)}/{'0' * 64}").status_code == 404
    assert sent(office, {"id": "wo_none"}).status_code == 404


def test_a_repeat_under_its_key_gets_the_first_answer(office, order):
    headers = {"Content-Type": "image/svg+xml", "Idempotency-Key": f"sign {order['id']}"}
    params = {"kind": "signature", "signer": "Anna Frick"}
    first, again = (
        office.post(path_of(order), params=params, content=SVG, headers=headers) for _ in range(2)
    )
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
