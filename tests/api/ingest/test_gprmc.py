"""RMC sentences: degrees and minutes, knots, a date of six digits and a checksum."""

import pytest

from api.ingest.gprmc import gprmc_to_rmc

SYDNEY = "$GPRMC,235959.5,A,3351.600,S,15112.600,E,010.0,180.5,311299,,"


def test_degrees_and_minutes_become_degrees_with_a_sign():
    rmc = gprmc_to_rmc(SYDNEY)
    assert rmc.place == (pytest.approx(151.21), pytest.approx(-33.86))
    assert rmc.speed_mps == pytest.approx(5.1444, rel=1e-4)
    assert rmc.heading_deg == 180.5


def test_two_digits_of_a_year_are_of_this_age():
    assert gprmc_to_rmc(SYDNEY).at_ms == 946684799500


def test_a_receiver_without_a_fix_has_no_place():
    assert gprmc_to_rmc("$GPRMC,085930,V,,,,,,,020326,,").place is None


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("", "no RMC"),
        ("$GPGGA,085930,4708.46,N,00931.25,E,1,8,1,455,M,,,,", "no RMC"),
        (SYDNEY + "*00", "checksum"),
        ("$GPRMC,85,A,3351.6,S,15112.6,E,10,180,311299", "its time"),
        ("$GPRMC,000099,A,3351.6,S,15112.6,E,10,180,311299", "its time"),
        ("$GPRMC,235959,A,3351.6,S,15112.6,E,10,180,319999", "its date"),
        ("$GPRMC,235959,A,xx51.6,S,15112.6,E,10,180,311299", "degrees"),
    ],
)
def test_what_is_no_sentence_says_why(sentence, why):
    with pytest.raises(ValueError, match=why):
        gprmc_to_rmc(sentence)
