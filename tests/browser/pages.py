"""What browser tests need to know of a page, and of the world behind it."""

from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Page, Request, Response

from tests.support.app import SCHAAN, VADUZ, WORKING_HOURS

SKILL = {"name": "hvac", "level": 3}


@dataclass
class Visitor:
    """A page, and all that went wrong on it."""

    page: Page
    url: str
    troubles: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    expected: tuple[int, ...] = ()
    """Statuses that the test provokes."""

    def __post_init__(self) -> None:
        self.page.on("request", self._requested)
        self.page.on("response", self._answered)
        self.page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        self.page.on("console", self._said)

    def _requested(self, request: Request) -> None:
        self.requests.append(request.url)
        if not request.url.startswith((f"{self.url}/", "data:", "blob:")):
            self.troubles.append(f"foreign request: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.troubles.append(f"{response.status}: {response.url}")

    def _said(self, message: ConsoleMessage) -> None:
        # A status of 400 or more is told by `_answered`, with its URL; and what a page still waits
        # for when it is left is broken off, which the base map logs.
        known = any(text in message.text for text in ("Failed to load resource", "Failed to fetch"))
        if message.type == "error" and not known:
            self.troubles.append(f"console: {message.text}")


class World:
    """Puts things into the deployment, through the API."""

    def __init__(self, deployment) -> None:
        self.deployment = deployment
        self.api = deployment.client("dispatcher")

    def post(self, path, body):
        answer = self.api.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def technician(self, call_sign, at=None):
        made = self.post(
            "/v1/technicians",
            {"call_sign": call_sign, "skills": [SKILL], "shifts": WORKING_HOURS, "home": VADUZ},
        )
        if at:
            self.ping(made, at)
        return made

    def site(self, name, at=SCHAAN, **more):
        return self.post("/v1/sites", {"name": name, "address": "Im Test 1", "location": at} | more)

    def order(self, site, **more):
        return self.post("/v1/work-orders", {"type": "boiler repair", "site_id": site["id"]} | more)

    def ping(self, technician, place, **more):
        ping = {
            "technician_id": technician["id"],
            "at": self.deployment.now().isoformat(),
            "accuracy_m": 5,
        }
        answer = self.post("/v1/pings", {"pings": [ping | place | more]})
        assert [one["verdict"] for one in answer["verdicts"]] == ["accepted"], answer
