"""The demo's invented authorities stamp through the same port as its replicas."""

from __future__ import annotations

from archive.timestamps import ask, check
from config.authorities import Authority
from core.http import Client
from core.network import LoopbackRoute
from core.times import SystemClock
from demo import server
from demo.world import World


def test_each_invented_authority_stamps_and_is_told_from_the_other(world: World) -> None:
    with server.start(world) as replicas:
        known = [
            Authority(host.partition(".")[0], f"http://{host}/", host, (one.root_pem(),))
            for host, one in replicas.authorities.items()
        ]
        with Client(transport=LoopbackRoute(replicas.port), allow_loopback=True) as http:
            answers = [ask(http, one, b"seal", SystemClock()) for one in known]
    assert [(answer.authority, answer.state) for answer in answers] == [
        ("hourglass", "stamped"),
        ("sundial", "stamped"),
    ]
    assert [check(answer.token or b"", b"seal", known).authority.id for answer in answers] == ["hourglass", "sundial"]
