"""Works a demo cloud through Linode's SDK for Python, unmodified, and says what it found.

Usage: sdk.py http://127.0.0.1:PORT TOKEN. Each line of the output is a JSON object with `did`.
"""

import json
import sys
import threading
import urllib.request

from linode_api4 import ApiError, LinodeClient, LKECluster, Region, Type, Volume
from linode_api4.objects import Event, Firewall, Instance, LKENodePool
from linode_api4.objects.region import RegionAvailabilityEntry

URL, TOKEN = sys.argv[1], sys.argv[2]


def did(what, **found):
    print(json.dumps({"did": what, **found}), flush=True)


def demo(method, name, body):
    """Asks one of the demo's own endpoints."""
    request = urllib.request.Request(
        f"{URL}/_demo/{name}", method=method, data=json.dumps(body).encode()
    )
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)


def step(seconds):
    demo("POST", "clock", {"step_ms": seconds * 1000})


def refusal(act):
    """What the SDK raises."""
    try:
        act()
    except ApiError as error:
        return [error.status, error.errors]
    return None


client = LinodeClient(TOKEN, base_url=f"{URL}/v4", retry_rate_limit_interval=0.1)

profile = client.profile()
did("profile", username=profile.username, capabilities=client.account().capabilities)

types = client.linode.types((Type.gpus >= 1) & (Type.vcpus < 16))
either = client.linode.types((Type.vcpus > 48) | Type.label.contains("nanode"))
ordered = client.linode.types((Type.gpus > 0).order_by(Type.vcpus, desc=True))
did("types", gpu=[one.id for one in types], either=sorted(one.id for one in either),
    vcpus=[one.vcpus for one in ordered])

# A list of many pages, read lazily and by its length.
entries = client.regions.availability()
plan = client.regions.availability(
    RegionAvailabilityEntry.filters.plan == "g2-gpu-rtx4000a1-s",
    RegionAvailabilityEntry.filters.available == True,  # noqa: E712
)
did("availability", rows=len(entries), last=entries[len(entries) - 1].region,
    distinct=len({(one.region, one.plan) for one in entries}), gpu=[one.region for one in plan])
small = LinodeClient(TOKEN, base_url=f"{URL}/v4", page_size=25)
did("pages", rows=len({(one.region, one.plan) for one in small.regions.availability()}))
did("region", id=Region(client, "us-ord").id, types=len(Region(client, "us-ord").availability))

cluster = client.lke.cluster_create(
    "us-ord",
    "by-sdk",
    client.lke.versions()[-1],
    node_pools=[client.lke.node_pool("g6-standard-2", 2)],
    control_plane={"high_availability": True, "acl": {
        "enabled": True, "addresses": {"ipv4": ["203.0.113.7/32"]}}},
    tags=["gpu"],
)
did("cluster", id=cluster.id, label=cluster.label, acl=cluster.control_plane_acl.addresses.ipv4)
# The SDK asks again after the time that Linode names, on the clock of this computer; the demo's
# clock stands still, so somebody else lets its time pass.
demo("PUT", "switches", {"kubeconfig_retry_after_seconds": 1})
passing = threading.Timer(0.5, lambda: step(240))
passing.start()
begins = cluster.kubeconfig[:4]
passing.join()
asked = demo("GET", "calls", None)["GET /v4/lke/clusters/{id}/kubeconfig"]
did("kubeconfig", begins=begins, asked=asked, endpoints=len(cluster.api_endpoints))

pool = cluster.node_pool_create("g6-standard-1", 1, tags=["more"])
pool.count = 2
pool.autoscaler = {"enabled": True, "min": 2, "max": 4}
pool.save()
step(240)
pool = LKENodePool(client, pool.id, cluster.id)
did("pool", id=pool.id, count=pool.count, max=pool.autoscaler.max,
    nodes=[node.status for node in pool.nodes])
old = pool.nodes[0].id
cluster.node_recycle(old)
pool.invalidate()
did("recycled", other=old not in [node.id for node in pool.nodes])

nodes = client.linode.instances(Instance.label.contains(f"lke{cluster.id}-"))
firewall = client.networking.firewall_create("by-sdk", {
    "inbound": [], "inbound_policy": "DROP", "outbound": [], "outbound_policy": "ACCEPT"})
device = firewall.device_create(nodes[0].id, "linode")
did("firewall", id=firewall.id, entity=device.entity.id, node=nodes[0].id,
    found=[one.id for one in client.networking.firewalls(Firewall.label == "by-sdk")])
device.delete()
firewall.delete()

volumes = [client.volume_create(f"volume-{nth}", region="us-ord", size=10) for nth in range(3)]
ordered = client.volumes(Volume.label.contains("volume"), Volume.label != "volume-1")
did("volumes", labels=sorted(one.label for one in ordered),
    wrong=refusal(lambda: len(client.volumes(Volume.size == 10))))
for volume in volumes:
    volume.delete()

# Told to come later, and left waiting, the SDK asks again by itself.
for kind in ("rate_limited", "timeout", "bad_gateway"):
    rule = {"kind": kind, "path": "/profile", "at_call": 1}
    if kind == "rate_limited":
        rule["effect"] = {"seconds": 1}
    demo("PUT", "faults", {"rules": [rule]})
    again = client.profile().username
    fired = demo("GET", "faults", None)["fired"][kind]
    did("again", kind=kind, fired=fired, same=again == profile.username)
demo("PUT", "faults", {"rules": []})

created = client.account.events(Event.action == "volume_create")
client.polling.wait_for_entity_free("lkecluster", cluster.id, timeout=5, interval=1)
did("events", created=[one.id for one in created])

cluster.delete()
step(60)
gone = LKECluster(client, cluster.id)
did("gone", refused=refusal(lambda: gone.label),
    left=[one.id for one in client.lke.clusters(LKECluster.label == "by-sdk")])
