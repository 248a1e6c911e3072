"""Whether the region has what a stack is made of: quotas, engines' versions, zones, endpoints.

Sources: the API References of Amazon RDS (DescribeDBEngineVersions, DescribeOrderableDBInstanceOptions), ElastiCache
(DescribeCacheEngineVersions) and EC2 (DescribeAvailabilityZones, DescribeVpcEndpointServices).
"""

from __future__ import annotations

from botocore.exceptions import ClientError

from engine.aws.clients import error_code
from engine.aws.quotas import KINDS, read_quotas
from engine.preflight.finding import Finding, fine, refused, warning
from engine.preflight.place import Place
from infra.endpoint_services import SERVICES
from infra.spec import CACHE_VERSIONS, POSTGRES_FIRST, CacheEngine
from infra.zone_ids import WITHOUT_FARGATE
from messages.message import listed, message, term

QUOTAS, ENGINES, CACHES, ZONES, ENDPOINTS = (
    "Quotas",
    message("Database engine"),
    message("Cache engines"),
    "Zones",
    message("Interface endpoints"),
)
DATABASE, INSTANCE_CLASS = "aurora-postgresql", "db.serverless"
LEAST_ZONES, MOST_ZONES = 2, 3
ELSEWHERE = message("Place districts in another region.")


def quotas(place: Place) -> Finding:
    """Read what AWS lets the account have, and whether one more of the smallest district fits."""
    readings = read_quotas(place.settings, place.region, place.role)
    lines, short, unknown = [], [], []
    for reading in readings:
        kind = KINDS[reading.code]
        limit = place.wanted.free.get(reading.code, reading.limit)
        used = reading.used if reading.used is not None else 0.0
        lines.append(f"{kind.name}: {used:g} of {limit:g} ({reading.code}, {reading.source})")
        if place.wanted.needs.get(reading.code, 0) > max(limit - used, 0):
            short.append(kind)
        if reading.source == "denied":
            unknown.append(term(kind.name))
    detail = "\n".join(lines)
    if short:
        fixed = [term(kind.name) for kind in short if kind.is_fixed]
        raised = " ".join(kind.code for kind in short if not kind.is_fixed)
        remedy = (
            message(
                "AWS does not raise the limit of {fixed}: use another account.", fixed=listed(fixed, between=" and ")
            )
            if fixed
            else ""
        )
        remedy = remedy or message("Raise {raised} in Service Quotas; it takes hours to days.", raised=raised)
        return refused(
            QUOTAS, message("No more {name} are left.", name=listed(term(kind.name) for kind in short)), remedy, detail
        )
    if unknown:
        sentence = message(
            "We may not read the limits of {unknown}: AWS's defaults are taken, and there is room.",
            unknown=listed(unknown),
        )
        return warning(
            QUOTAS, sentence, message("Apply the account's platform, which lets the deploy role read them."), detail
        )
    return fine(QUOTAS, message("One more district fits."), detail)


def engines(place: Place) -> Finding:
    """Ask whether RDS offers the version that stacks begin with, as serverless instances."""
    rds = place.make("rds")
    engine = message("Aurora PostgreSQL {postgres_first}", postgres_first=POSTGRES_FIRST)
    versions = rds.describe_db_engine_versions(Engine=DATABASE, EngineVersion=POSTGRES_FIRST)["DBEngineVersions"]
    if not versions:
        newer = [
            str(version["EngineVersion"])
            for version in place.pages("rds", "describe_db_engine_versions", "DBEngineVersions", Engine=DATABASE)
            if str(version["EngineVersion"]).startswith(POSTGRES_FIRST.partition(".")[0] + ".")
        ]
        remedy = (
            message("Name a version in the district's settings that is offered: {newer}.", newer=listed(newer))
            if newer
            else ELSEWHERE
        )
        return refused(
            ENGINES, message("RDS does not offer {wanted} in {region}.", wanted=engine, region=place.region), remedy
        )
    if not _orderable(place):
        return refused(
            ENGINES,
            message("RDS has no serverless instances of {wanted} in {region}.", wanted=engine, region=place.region),
            ELSEWHERE,
        )
    return fine(ENGINES, message("RDS offers {wanted} with serverless instances.", wanted=engine))


def _orderable(place: Place) -> set[str]:
    """Return the zones that have serverless instances of the version that stacks begin with."""
    options = place.pages(
        "rds",
        "describe_orderable_db_instance_options",
        "OrderableDBInstanceOptions",
        Engine=DATABASE,
        EngineVersion=POSTGRES_FIRST,
        DBInstanceClass=INSTANCE_CLASS,
    )
    return {str(zone["Name"]) for option in options for zone in option["AvailabilityZones"]}


def caches(place: Place) -> Finding:
    """Ask whether ElastiCache offers the versions that specifications may name."""
    missing: list[tuple[CacheEngine, str]] = []
    available: list[tuple[CacheEngine, str]] = []
    for engine, versions in CACHE_VERSIONS.items():
        entries = place.pages(
            "elasticache", "describe_cache_engine_versions", "CacheEngineVersions", Engine=engine.value
        )
        offered = {".".join(str(entry["EngineVersion"]).split(".")[:2]) for entry in entries}
        for version in versions:
            (available if version in offered else missing).append((engine, version))
    names = ", ".join(f"{engine.value} {version}" for engine, version in missing or available)
    if any(engine is CacheEngine.REDIS for engine, _ in missing):
        return refused(
            CACHES,
            message("ElastiCache does not offer {told} in {region}.", told=names, region=place.region),
            ELSEWHERE,
        )
    if missing:
        return warning(
            CACHES,
            message("ElastiCache does not offer {told} in {region}.", told=names, region=place.region),
            message("Keep to the default engine in this region."),
        )
    return fine(CACHES, message("ElastiCache offers {told}.", told=names))


def zones(place: Place) -> Finding:
    """Look which zones are open to the account and have serverless databases and Fargate with ARM64."""
    filters = [{"Name": "zone-type", "Values": ["availability-zone"]}, {"Name": "state", "Values": ["available"]}]
    available_zones = place.make("ec2").describe_availability_zones(Filters=filters)["AvailabilityZones"]
    names = {
        str(zone["ZoneName"]): str(zone["ZoneId"])
        for zone in available_zones
        if zone.get("OptInStatus", "") != "not-opted-in"
    }
    orderable = _orderable(place)
    usable = {name for name, id_ in names.items() if name in orderable and id_ not in WITHOUT_FARGATE}
    detail = "\n".join(_of_zone(name, names[name], orderable) for name in sorted(names))
    if len(usable) < LEAST_ZONES:
        return refused(
            ZONES,
            message("{usable} of {names} zones have all that a stack needs.", usable=len(usable), names=len(names)),
            ELSEWHERE,
            detail,
        )
    if len(usable) < MOST_ZONES:
        remedy = message("Give districts of this region two zones.")
        return warning(
            ZONES,
            message("{usable} of {names} zones have all that a stack needs.", usable=len(usable), names=len(names)),
            remedy,
            detail,
        )
    return fine(
        ZONES,
        message("{usable} of {names} zones have all that a stack needs.", usable=len(usable), names=len(names)),
        detail,
    )


def _of_zone(name: str, id_: str, orderable: set[str]) -> str:
    if id_ in WITHOUT_FARGATE:
        return message("{name}: no tasks with ARM64 ({id}); no district is put there", name=name, id=id_)
    return (
        message("{name}: usable", name=name)
        if name in orderable
        else message("{name}: no serverless database", name=name)
    )


def endpoints(place: Place) -> Finding:
    """Ask whether every service has an interface endpoint here, in zones enough: production has no other way out."""
    names = {f"com.amazonaws.{place.region}.{service}": service for service in SERVICES}
    try:
        services = place.make("ec2").describe_vpc_endpoint_services(ServiceNames=list(names))["ServiceDetails"]
    except ClientError as error:
        if error_code(error) != "InvalidServiceName":
            raise
        remedy = message("Give districts of this region NAT as their way out, which production refuses.")
        return warning(ENDPOINTS, message("Some services have no interface endpoint here."), remedy, str(error))
    narrow = sorted(
        names[service["ServiceName"]]
        for service in services
        if service["ServiceName"] in names and len(service.get("AvailabilityZones", [])) < LEAST_ZONES
    )
    missing = sorted(set(names.values()) - {names.get(service["ServiceName"], "") for service in services})
    if missing or narrow:
        remedy = message("Give districts of this region NAT as their way out, which production refuses.")
        return warning(
            ENDPOINTS,
            message("{value}: no interface endpoint in two zones.", value=listed([*missing, *narrow])),
            remedy,
        )
    return fine(ENDPOINTS, message("All {names} services have one in two zones and more.", names=len(names)))
