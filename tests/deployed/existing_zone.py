"""Makes a zone of the domain, as a stack finds it that lives in an existing zone, and prints its id."""

from __future__ import annotations

from support import DOMAIN, client

if __name__ == "__main__":
    zone = client("route53").create_hosted_zone(Name=DOMAIN, CallerReference=DOMAIN)["HostedZone"]
    print(zone["Id"].removeprefix("/hostedzone/"))
