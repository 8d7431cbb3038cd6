"""What the demo prints when it is ready."""

from geo_dispatch.demo.show import invitation

URL = "http://127.0.0.1:8080"
SECRETS = {"dispatcher": "gd_one", "technician Van 07": "gd_two", "ingest key Phone 01": "gd_key"}


def test_people_get_links_that_sign_in_and_phones_their_key():
    text = invitation(URL, 10.0, "127.0.0.1", SECRETS)
    assert f"{URL}/sign-in#gd_one" in text
    assert f"{URL}/sign-in#gd_two" in text
    assert "sign-in#gd_key" not in text
    assert "gd_key" in text


def test_it_says_how_fast_the_day_goes_and_how_to_end_it():
    assert "10 times as fast" in invitation(URL, 10.0, "127.0.0.1", SECRETS)
    text = invitation(URL, 1.0, "127.0.0.1", SECRETS)
    assert "in real time" in text
    assert "Ctrl-C ends it" in text


def test_whoever_listens_on_every_address_hears_how_others_get_there():
    assert "other machines" in invitation(URL, 1.0, "0.0.0.0", SECRETS)  # noqa: S104 - told, not bound
    assert "other machines" not in invitation(URL, 1.0, "127.0.0.1", SECRETS)
